"""The proof that nothing is lost and nothing doubled: what was made, held against every hop on its way to the archive."""
