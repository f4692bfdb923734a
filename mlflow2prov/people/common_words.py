"""Words that may be somebody's user name and are words of our own, or of everybody's, too."""


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


_OWNED = words(
    """
    Artifact Assessment Commit Dataset Experiment File FileRevision LoggedModel Metric ModelArtifact Package
    Param Prompt RegisteredModel Run SoftwareEnvironment Trace User
    """
)
_VERSIONED = ("RegisteredModel", "Prompt")

VOCABULARY = frozenset(
    [
        *_OWNED,
        *(f"{kind}{part}" for kind in _OWNED for part in ("Tag", "Author")),
        *(
            f"{kind}{part}"
            for kind in _VERSIONED
            for part in ("Alias", "Version", "VersionTag", "VersionAuthor")
        ),
        *(f"{doing}{kind}" for doing in ("Added", "Deleted") for kind in _OWNED),
        *(f"{doing}{kind}Version" for doing in ("Added", "Deleted") for kind in _VERSIONED),
        *words(
            """
            Creation Deletion Author Committer CoAuthor Source AddedRevision ModifiedRevision
            PreviousRevision DeletedRevision Environment
            artifact_location artifact_uri assessments authored_at blob branch commit committed_at context
            created_at description digest dirty email experiment_id file_size is_dir kind
            last_updated_at lifecycle_stage message mode model_id model_type name note path previous_path
            profile pushed registered_model_version_stage repository_url requested_at resource_type run_id
            run_link schema sha source source_id source_name source_path source_type state status
            status_message step swhid timestamp title trace_id traces uid uri username value version
            workspace
            """
        ),
    ]
)
"""The types, roles, parts of identifiers and keys that extraction writes; they stay as they are."""

COMMON = frozenset(
    [
        *(word.lower() for word in VOCABULARY),
        *words(
            """
            root admin administrator user users guest nobody anonymous unknown none null default
            daemon system service ubuntu debian centos fedora docker vscode runner jenkins jovyan
            git github gitlab bitbucket mlflow spark airflow hadoop databricks azureml sagemaker
            test tests dev prod stable main master head model models data train training
            python java conda home work local build public shared support info mail contact noreply
            bot agent person
            """
        ),
    ]
)
"""Names, in lower case, that mean a role or a thing more often than they mean somebody."""
