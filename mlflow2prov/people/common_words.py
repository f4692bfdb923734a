"""Words that may be somebody's user name and are words of our own, or of everybody's, too."""

from mlflow2prov.vocabulary import WORDS


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


COMMON = frozenset(
    [
        *(word.lower() for word in WORDS),
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
