"""Words that may be a user name, but are also words of our vocabulary or of everyday use."""

from mlflow2prov.vocabulary import WORDS

COMMON_WORDS = frozenset(
    [
        *(word.lower() for word in WORDS),
        *(
            "root admin administrator user users guest nobody anonymous unknown none null default "
            "daemon system service ubuntu debian centos fedora docker vscode runner jenkins jovyan "
            "git github gitlab bitbucket mlflow spark airflow hadoop databricks azureml sagemaker "
            "test tests dev prod stable main master head model models data train training python java "
            "conda home work local build public shared support info mail contact noreply bot agent "
            "person "
        ).split(),
    ]
)
"""Names in lower case that mean a role or a thing more often than a person."""
