"""How each part gets onto a machine and starts there. Nothing else in the house imports this package."""
