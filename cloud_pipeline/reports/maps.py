"""Answers as maps: the precincts by number of cases, on the shipped city, in one file that opens without a network."""

from __future__ import annotations

from cloud_pipeline.answers import Place
from maps.report_map import report_map


def html_map(place: Place) -> str | None:
    """A whole HTML page; None if no precinct has enough cases to be shown."""
    if not place.precincts:
        return None
    title = "Violations by precinct: " + ("seen by drones" if place.source == "live" else "the city's own records")
    return report_map(title, precinct_values=place.precincts, value_words="violations")
