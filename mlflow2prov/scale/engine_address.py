"""The address of a cluster, given with ``--engine``."""

from __future__ import annotations

import re

from mlflow2prov.errors import ConfigurationError

FORMS = "spark://<host>:<port>, local[<cores>], yarn, or k8s://<URL>"
"""The forms of an address, for errors and help texts."""

_LOCAL = re.compile(r"(?:spark://)?(?P<master>local(?:\[(?:[1-9]\d{0,3}|\*)\])?)")
_CLUSTER = re.compile(r"spark://[^\s/@:]+:\d{1,5}(?:,[^\s/@:]+:\d{1,5})*|yarn|k8s://[^\s@]+")


def master_of(engine: str) -> str:
    """Return Spark's name of a cluster, its *master URL*.

    >>> master_of("spark://local[2]"), master_of("spark://head:7077")
    ('local[2]', 'spark://head:7077')

    Raises:
        ConfigurationError: the address has none of the forms :data:`FORMS`.
    """
    if match := _LOCAL.fullmatch(engine):
        return match["master"]
    if _CLUSTER.fullmatch(engine):
        return engine
    # The address may contain a password, so it is not repeated.
    raise ConfigurationError(f"engine: invalid address; use {FORMS}")
