"""Everything that can go wrong, as one tree.

    MLflow2ProvError            what a user can be told in one line (exit code 1)
    |-- SourceError             a repository or an MLflow store cannot be read
    |   |-- RepositoryError
    |   `-- TrackingStoreError
    |-- DocumentStoreError         a store of documents cannot be reached, or refuses
    |-- FormatError             a document cannot be read, written or recognised
    |-- NamespaceError          a qualified name has no namespace
    |-- ConfigurationError      a YAML file or an argument does not say what it should
    `-- SelectionError          a selector names nothing of a document, or several things

A message says what went wrong, where, and what to do; it never holds a credential.
"""


class MLflow2ProvError(Exception):
    """The root of the package's errors. ``str(error)`` is one line, made for a person."""

    exit_code = 1


class SourceError(MLflow2ProvError):
    """A source of facts cannot be read."""


class RepositoryError(SourceError):
    """A Git repository is missing, unreadable or not one."""


class TrackingStoreError(SourceError):
    """An MLflow server, database or folder is missing, unreadable or not one."""


class DocumentStoreError(MLflow2ProvError):
    """A store that documents are pushed to or pulled from cannot be reached, or refuses."""


class FormatError(MLflow2ProvError):
    """A document cannot be read, written or recognised."""


class NamespaceError(MLflow2ProvError):
    """A qualified name uses a prefix that its document does not declare."""


class ConfigurationError(MLflow2ProvError):
    """A configuration file is not what the commands take, or an argument not what a function takes."""


class SelectionError(MLflow2ProvError):
    """A selector names nothing of a document, or several things."""
