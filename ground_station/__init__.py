"""The officer's desk: a window on the station's memory. It may be closed, killed or opened twice at any time."""
