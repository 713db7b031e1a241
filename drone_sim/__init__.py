"""Simulated drones: they fly over New York, see parking violations, and keep each report until the station has stored it."""
