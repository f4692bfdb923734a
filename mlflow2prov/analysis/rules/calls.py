"""Rules about captured calls. They have no findings in a version without captured calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule
from mlflow2prov.analysis.item import Item, item_values
from mlflow2prov.quantity import quantity
from mlflow2prov.secrets import MASK

_OUTCOMES = {"FAILED": "failed", "KILLED": "was interrupted", "RUNNING": "did not end"}
"""What messages call a status that is not FINISHED."""

_SEED = re.compile(r"(^|[^a-z])(random_?)?(seed|random_?state)s?([^a-z]|$)", re.IGNORECASE)
"""The names of parameters and arguments that choose the seed of random numbers."""

_NO_SEED = ("", "null", "none")


def _failed_call(version: Explanation, _: object) -> Iterator[str]:
    """Yield a message if captured calls did not finish."""
    calls = [call for call in version.answer("calls").items if _status(call) in _OUTCOMES]
    if calls:
        exception = calls[0].about.get("exception")
        reason = f" ({exception})" if exception else ""
        yield f"its call {calls[0].label} {_OUTCOMES[_status(calls[0])]}{reason}{_more(calls, 'call')}"


FAILED = AuditRule(
    "call-failed",
    "warning",
    "A captured call did not finish",
    "Train again without the failure, or accept the finding if the program handles it",
    _failed_call,
)


def _data_without_digest(version: Explanation, _: object) -> Iterator[str]:
    """Yield a message if arguments of captured calls, or datasets, have no digest."""
    labels = [
        label
        for label, type_name, digest, ignored, value in item_values(
            version.answer("arguments").items, "type_name", "digest", "ignored", "value"
        )
        if _is_unidentified(type_name, digest, ignored, value)
    ]
    if labels:
        yield f"its argument {labels[0]} has no digest{_more(labels, 'argument')}"


WITHOUT_DIGEST = AuditRule(
    "data-without-digest",
    "warning",
    "An argument of a captured call has no digest",
    "Pass values that can be hashed, and files by their paths; define the value of a class with "
    "value_repr; list arguments that do not affect the result under ignore",
    _data_without_digest,
)


def _unseeded_training(version: Explanation, _: object) -> Iterator[str]:
    """Yield a message if calls computed something, and neither they nor the run recorded a seed."""
    calls = [
        call
        for call in version.answer("calls").items
        if _status(call) == "FINISHED" and call.about.get("cached") != "true"
    ]
    if calls and not any("seed" in call.about for call in calls) and not _has_chosen_seed(version):
        yield f"its run recorded no seed; {quantity(len(calls), 'captured call')} had none"


UNSEEDED = AuditRule(
    "unseeded-training",
    "note",
    "No seed was recorded",
    "Let tracked(seed_parameter=...) choose and record a seed, or pass one as an argument",
    _unseeded_training,
)


def _status(call: Item) -> str:
    return call.about.get("status", "")


def _has_chosen_seed(version: Explanation) -> bool:
    """Return whether a parameter of the run, or an argument of its calls, has the value of a seed."""
    return any(
        _SEED.search(label) and value.lower() not in _NO_SEED
        for question in ("parameters", "arguments")
        for label, value in item_values(version.answer(question).items, "value")
    )


def _is_unidentified(type_name: str, digest: str, ignored: str, value: str) -> bool:
    """Return whether an argument counts for its result, and neither its digest nor its content is recorded.

    The values of files of pycrumbs have no types, and are recorded in full. Digests of secrets are never recorded.
    """
    return bool(type_name) and not digest and ignored != "true" and MASK not in value


def _more(items: Sequence[object], noun: str) -> str:
    more = len(items) - 1
    return f", and {quantity(more, f'other {noun}')} too" if more else ""
