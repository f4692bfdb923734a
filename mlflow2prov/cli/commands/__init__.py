"""The commands, one a module: each holds a click command called ``command`` that gives a step of a chain."""
