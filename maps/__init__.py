"""The world on screen and in print: shipped city, live map page, report maps that open without a network."""
