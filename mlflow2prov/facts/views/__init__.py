"""Views over the fact tables: one row for each thing that a mapping rule describes.

A view joins a table with its owner and derives columns from others; it adds no facts. A view named
``<members>_of_<owners>`` has a row for each member, with columns of its owner.
"""

import re
from functools import cache

from mlflow2prov.facts.schema import TABLES
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

_WORD = re.compile(r"\w+")


def views_in(sql: str) -> set[str]:
    """Return the views that SQL names."""
    return VIEWS.keys() & set(_WORD.findall(sql))


@cache
def read_by(view: str) -> tuple[str, ...]:
    """Return the tables and views that the SQL of a view names. It may name some without reading them."""
    order = list(VIEWS)
    earlier_views = set(order[: order.index(view)])
    words = dict.fromkeys(_WORD.findall(VIEWS[view].sql))
    return tuple(word for word in words if word in TABLES or word in earlier_views)


__all__ = ["VIEWS", "View", "read_by", "views_in"]
