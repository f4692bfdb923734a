"""The vocabulary of the PROV that extraction writes: types, roles, attribute keys, and digests in identifiers.

All words are local names in the default namespace; ``docs/prov-model.md`` explains each of them. Everything that
writes, looks for or has to preserve them takes them from here.
"""

import hashlib

ENTITY_TYPES = (
    "Argument",
    "Artifact",
    "Assessment",
    "Branch",
    "Content",
    "Dataset",
    "Experiment",
    "ExperimentTag",
    "File",
    "FileRevision",
    "Function",
    "LoggedModel",
    "LoggedModelTag",
    "Metric",
    "ModelArtifact",
    "ObservedState",
    "Package",
    "Param",
    "Prompt",
    "PromptAlias",
    "PromptTag",
    "PromptVersion",
    "PromptVersionTag",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RegisteredModelTag",
    "RegisteredModelVersion",
    "RegisteredModelVersionTag",
    "Result",
    "ResultSet",
    "Run",
    "RunTag",
    "SoftwareEnvironment",
    "Store",
    "Trace",
)
ACTIVITY_TYPES = (
    "Call",
    "Commit",
    "Creation",
    "Deletion",
    "ObservedChange",
)
AGENT_TYPES = ("User",)

TYPES = (*ENTITY_TYPES, *ACTIVITY_TYPES, *AGENT_TYPES)
"""The values of ``prov:type``, and the first parts of identifiers."""

ROLES = (
    "AddedExperiment",
    "AddedFile",
    "AddedPrompt",
    "AddedPromptVersion",
    "AddedRegisteredModel",
    "AddedRegisteredModelVersion",
    "AddedRevision",
    "AddedRun",
    "Author",
    "CachedResult",
    "CoAuthor",
    "Committer",
    "DeletedExperiment",
    "DeletedLoggedModel",
    "DeletedPromptVersion",
    "DeletedRegisteredModelVersion",
    "DeletedRevision",
    "DeletedRun",
    "Environment",
    "ExperimentAuthor",
    "InputFile",
    "ModifiedRevision",
    "PreviousRevision",
    "PromptAuthor",
    "PromptVersionAuthor",
    "RegisteredModelAuthor",
    "RegisteredModelVersionAuthor",
    "RunAuthor",
    "Source",
    "StoredRun",
)
"""The values of ``prov:role``."""

ATTRIBUTE_KEYS = (
    "argv",
    "artifact_location",
    "artifact_uri",
    "assessments",
    "authored_at",
    "blob",
    "branch",
    "cached",
    "commit",
    "committed_at",
    "context",
    "created_at",
    "custom_fields",
    "cwd",
    "description",
    "digest",
    "dirty",
    "email",
    "entry_point",
    "exception",
    "experiment_id",
    "file_size",
    "host",
    "ignored",
    "inferred",
    "is_dir",
    "key",
    "kind",
    "labels",
    "last_updated_at",
    "lifecycle_stage",
    "line",
    "message",
    "mode",
    "model_id",
    "model_type",
    "module",
    "name",
    "new_value",
    "not_after",
    "not_before",
    "note",
    "observed_at",
    "old_value",
    "path",
    "platform",
    "previous_path",
    "profile",
    "property",
    "pushed",
    "python_version",
    "registered_model",
    "registered_model_version_stage",
    "repository_url",
    "requested_at",
    "resource_type",
    "run_id",
    "run_link",
    "schema",
    "script_added_at",
    "script_added_by",
    "seed",
    "serializer",
    "sha",
    "source",
    "source_id",
    "source_name",
    "source_path",
    "source_type",
    "state",
    "status",
    "status_message",
    "step",
    "subject",
    "subject_uri",
    "swhid",
    "tag",
    "time_source",
    "timestamp",
    "title",
    "trace_id",
    "traces",
    "tracked",
    "type_name",
    "uid",
    "uncacheable",
    "uncommitted_script",
    "uri",
    "username",
    "value",
    "version",
    "workspace",
)
"""The keys of attributes, apart from PROV's own (:data:`PROV_KEYS`)."""

PROV_KEYS = ("label", "location", "role", "type")
"""The keys of attributes that are written in PROV's namespace."""

WORDS = frozenset((*TYPES, *ROLES, *ATTRIBUTE_KEYS))
"""All words of the vocabulary."""

NAME_CHARACTERS = "A-Za-z0-9_.-"
"""The characters that a part of an identifier may have, as a class of a regular expression; others are digested."""

DIGEST_LENGTH = 24
"""The length of a digest in an identifier: hexadecimal digits (96 bits) of a SHA-256."""

DIGEST_SEPARATOR = "\x1f"
"""The character between the parts of a digested text (ASCII's unit separator)."""


def identifier_digest(*parts: str) -> str:
    """Return the digest by which an identifier represents texts that cannot be part of a name."""
    text = DIGEST_SEPARATOR.join(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
