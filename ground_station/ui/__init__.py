"""The window: thin widgets that draw the view-model's snapshot and turn keys and clicks into intentions. The only users of Qt."""

from ground_station.ui.immortal import make_constants_immortal

make_constants_immortal()  # before the first call into Qt, whoever makes it
