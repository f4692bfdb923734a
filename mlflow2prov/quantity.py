"""Quantities in sentences."""

from __future__ import annotations


def quantity(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 version``, ``1,024 versions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
