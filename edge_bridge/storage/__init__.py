"""The station's memory on its disk: the store and its file of sendings, encrypted, bounded, mended when damaged."""
