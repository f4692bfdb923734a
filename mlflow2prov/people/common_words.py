"""Words that may be a user name, but are also words of the vocabulary or of everyday use."""

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

PLACEHOLDERS = frozenset(
    (
        "all any anybody anyone ci community contributors done everybody everyone false fixme maintainers many me "
        "multiple myself n/a na no nil ok optional others pending required reviewers scratch self several somebody "
        "someone tbd tba team the team todo true unassigned us various yes you"
    ).split()
)
"""Words, in lower case, that are written in place of a name."""

FOLDER_NAMES = frozenset(
    (
        "app apps archive artifacts assets backup backups batch batches bin cache checkpoints ckpt ckpts cloud cluster "
        "clusters code configs containers csv dataset datasets db disk disks docs documents downloads drive efs "
        "experiment experiments export exports external features figures files fs gcs group groups images imagenet "
        "input inputs jobs json lab labels lib libs logs media mlartifacts mlruns mnt mounts nas nfs notebooks opt "
        "output outputs packages parquet persistent photos pictures pipeline pipelines plots pool predictions "
        "preprocessed private processed project projects pvc raw registry release reports repo repos repository "
        "results runs samples scratch scripts server sets sources src ssd staging storage store stores tables task "
        "tasks team teams temp testing text tmp training usb utils val valid validation vendor videos vol volume "
        "volumes weights workspace workspaces"
    ).split()
)
"""Names of folders, in lower case, that are not user names."""
