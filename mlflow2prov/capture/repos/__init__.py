"""Repositories: where records of calls and artifacts are kept.

| type | place |
| --- | --- |
| ``memory`` | objects in this process |
| ``sqlite``, ``postgresql`` (or ``postgres``), ``sqlalchemy`` | a database, and a blob store for values |
| ``chained`` | several repositories: the first that has an artifact is read, all are written |
"""

from mlflow2prov.capture.repos.base import Repository
from mlflow2prov.capture.repos.chained import ChainedRepo
from mlflow2prov.capture.repos.database import DbRepo, PostgresRepo
from mlflow2prov.capture.repos.memory import MemoryRepo

TYPES: dict[str, type[Repository]] = {
    "memory": MemoryRepo,
    "sqlite": DbRepo,
    "postgresql": DbRepo,
    "postgres": DbRepo,
    "sqlalchemy": DbRepo,
    "chained": ChainedRepo,
}
"""The classes of repositories, by the types that a configuration names."""

__all__ = ["TYPES", "ChainedRepo", "DbRepo", "MemoryRepo", "PostgresRepo", "Repository"]
