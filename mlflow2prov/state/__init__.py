"""Observed history: a state file that remembers every observation of a project.

    update.update      observe a project, and add the changes to its state file
    file.load_state    the document of the last observation
    file.StateFile     ... and those of earlier ones
    journal            the observations that saw nothing new, behind the database
    signature          by which a state file is recognised

Between two observations, Git and MLflow may have overwritten facts. The state file keeps the rows of all fact tables
with the observations that saw them (:mod:`~mlflow2prov.state.fact_history`); two observations are compared property by
property (:mod:`~mlflow2prov.state.changes`).
"""
