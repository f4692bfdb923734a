"""The tables that link runs with commits and scripts."""

from mlflow2prov.facts.schema.table import TEXT, Table

TABLES = (
    # What MLflow's tags call a commit of the repository, other than its full hash: a short hash, a tag, or
    # the output of `git describe`. The short hashes of calls, too.
    Table("commit_names", {"name": TEXT, "sha": TEXT}),
    # A file in the tree of a run's commit that may be the run's script.
    Table("tree_files", {"sha": TEXT, "path": TEXT, "blob": TEXT}),
    # A revision of a script that a run executed, as of the run's commit (mlflow2prov.facts.run_sources).
    # `inferred` is the method if it is probable only (mlflow2prov.facts.inferred_sources), else NULL.
    Table("run_sources", {"run_id": TEXT, "sha": TEXT, "path": TEXT, "inferred": TEXT}),
    # A notebook's blob and an experiment that its code names, beside MLflow.
    Table("notebook_names", {"blob": TEXT, "name": TEXT}),
    # A script that the run's commit lacks, so that it was not committed when it was run. `added_by` is the
    # commit that added it first, NULL if none did (mlflow2prov.facts.missing_scripts).
    Table("missing_scripts", {"run_id": TEXT, "path": TEXT, "added_by": TEXT}),
    # The commit that added a run's files to the repository, where the store is committed. It is later
    # than the run, and not the run's commit (mlflow2prov.facts.stored_runs).
    Table("stored_runs", {"run_id": TEXT, "sha": TEXT}),
)
