"""One file per word of the `kestrel` command: `main(arguments: list[str]) -> int` gives the exit code."""
