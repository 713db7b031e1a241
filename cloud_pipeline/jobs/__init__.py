"""What Spark runs: the archive job without end, and the analyses once."""
