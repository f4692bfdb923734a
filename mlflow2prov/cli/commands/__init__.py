"""The commands, one per module: each is a click command called ``command`` that returns a step of a chain."""
