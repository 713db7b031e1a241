"""From answers to paper: tables, charts, maps and one page that opens without a network."""
