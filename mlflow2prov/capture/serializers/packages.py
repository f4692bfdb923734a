"""Packages that a serializer needs, and that may not be installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mlflow2prov.capture.errors import CaptureError


def import_package(name: str) -> Any:
    """Return a package.

    Raises:
        CaptureError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise CaptureError(f"{name} is not installed; pip install {name}") from error
