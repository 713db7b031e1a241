"""The functional core: a DataFrame in, a DataFrame out; nothing here reads a clock, a file or a network."""
