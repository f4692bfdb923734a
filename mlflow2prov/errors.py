"""Every error that the package raises, as one tree.

    MLflow2ProvError            the root: one line that a user can act on (exit code 1)
    |-- SourceError             a repository, an MLflow store or captured calls cannot be read
    |   |-- RepositoryError     ... a Git repository
    |   |-- TrackingStoreError  ... an MLflow server, database or folder
    |   `-- CallRecordsError    ... a database, file or folder of captured calls
    |-- DocumentStoreError      a store of documents cannot be reached, or refuses
    |-- FormatError             a document cannot be read, written or recognised
    |-- StateError              a state file cannot be read or written, or belongs to another project
    |-- StatementError          a statement is not valid PROV
    |-- NamespaceError          a qualified name uses an undeclared prefix
    |-- ConfigurationError      an argument or a YAML file is not valid
    |-- SelectionError          a selector matches nothing, or several things
    |-- EngineError             the tables outgrew the memory or the disk
    |-- CaptureError            a call cannot be captured, or its result not be loaded
    `-- InternalError           an error that the package did not foresee

A message reads ``<where>: <what is wrong>; <what to do>`` and never contains a credential.
"""

import difflib
from collections.abc import Iterable

MAX_REASON_LENGTH = 300
"""The maximum number of characters that a message quotes of another program, a server or a file."""


class MLflow2ProvError(Exception):
    """The root of the package's errors. ``str(error)`` is one line, written for a user."""

    exit_code = 1


class SourceError(MLflow2ProvError):
    """A source of facts cannot be read."""


class RepositoryError(SourceError):
    """A Git repository is missing or unreadable, or a folder is not a Git repository."""


class TrackingStoreError(SourceError):
    """An MLflow server, database or folder is missing or unreadable, or is not an MLflow store."""


class CallRecordsError(SourceError):
    """A database, file or folder of captured calls is missing or unreadable, or contains something else."""


class DocumentStoreError(MLflow2ProvError):
    """A store that documents are pushed to or pulled from cannot be reached, or refuses a request."""


class FormatError(MLflow2ProvError):
    """A document cannot be read, written or recognised."""


class StateError(MLflow2ProvError):
    """A state file is missing, damaged, of a newer version, in use, or belongs to another project."""


class StatementError(MLflow2ProvError):
    """A statement has an unknown kind, arguments that the kind does not take, or values that are not valid."""


class NamespaceError(MLflow2ProvError):
    """A qualified name uses a prefix that its document does not declare."""


class ConfigurationError(MLflow2ProvError):
    """A configuration file or an argument of a function is not valid."""


class SelectionError(MLflow2ProvError):
    """A selector matches nothing in a document, or several things."""


class EngineError(MLflow2ProvError):
    """The database that holds the tables failed: it ran out of memory or of disk space."""


NOT_UNICODE = "tables: text contains a lone surrogate, which is not Unicode"
"""The message about text that no table can hold."""


class CaptureError(MLflow2ProvError):
    """A call cannot be captured, or a captured result cannot be loaded."""


class InternalError(MLflow2ProvError):
    """The package did not foresee an error. ``__cause__`` is the error, with its traceback."""


def one_line(message: str, max_length: int = MAX_REASON_LENGTH) -> str:
    """Return a message that quotes other programs or files as one line of limited length that can be printed.

    >>> one_line("a\\n b\\x1b[31m")
    'a b [31m'
    """
    text = " ".join(message.split())
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= max_length else f"{line[:max_length]}..."


def unknown_choice(what: str, value: object, choices: Iterable[str]) -> str:
    """Return the message for a value that is not among ``choices``.

    >>> unknown_choice("format", "foo", ["json", "xml"])
    "unknown format 'foo'; choose from json, xml"
    >>> unknown_choice("format", "jsno", ["json", "xml"])
    "unknown format 'jsno'; choose from json, xml; did you mean json?"
    """
    word, names = str(value)[:80], list(choices)
    similar = difflib.get_close_matches(word, names, 1)
    suggestion = f"; did you mean {similar[0]}?" if similar else ""
    return f"unknown {what} {word!r}; choose from {', '.join(names)}{suggestion}"
