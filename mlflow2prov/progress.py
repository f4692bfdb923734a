"""Progress of long work."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""A function that is called now and then with a phase ("commits"), the number of finished items, and their
total if it is known."""
