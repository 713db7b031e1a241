"""The window: thin widgets that draw the view-model's snapshot and turn keys and clicks into intentions. The only users of Qt."""

from ground_station.ui.immortal import make_none_immortal

make_none_immortal()  # before the first call into Qt, whoever makes it
