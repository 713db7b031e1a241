"""The window: thin widgets that draw the view-model's snapshot and turn keys and clicks into intentions. The only users of Qt."""
