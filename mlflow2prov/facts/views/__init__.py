"""Views over the fact tables: one row for each thing that a mapping rule describes.

A view joins a table with its owner and derives columns from others; it adds no facts. A view named
``<members>_of_<owners>`` has a row for each member, with columns of its owner.
"""

from mlflow2prov.facts.views import (
    call_links,
    calls,
    git,
    models,
    observed_changes,
    tracking,
    users,
)
from mlflow2prov.facts.views.view import View

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        *git.VIEWS,
        *tracking.VIEWS,
        *models.VIEWS,
        *calls.VIEWS,
        *call_links.VIEWS,
        *observed_changes.VIEWS,
        *users.VIEWS,
    )
}
"""All views, in an order in which each comes after the views that it reads."""

__all__ = ["VIEWS", "View"]
