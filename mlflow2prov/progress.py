"""How far long work has come, as it is told to whoever waits."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called now and then with a phase ("commits"), how many are done, and how many there are, if that is known."""
