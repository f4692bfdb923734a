"""The signature of state files. Every file that is loaded is compared with it, so this module imports nothing else."""

MAGIC, MAGIC_OFFSET = b"DUCK", 8
"""The bytes by which a file of DuckDB is recognised."""


def is_state(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` may be a state file."""
    return head[MAGIC_OFFSET : MAGIC_OFFSET + len(MAGIC)] == MAGIC
