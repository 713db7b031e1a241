"""How the desk hears the station and speaks to it."""
