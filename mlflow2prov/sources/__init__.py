"""Sources of facts: Git and MLflow.

A source reads a repository or a store into fact tables (:mod:`mlflow2prov.facts`). It knows nothing of PROV.
"""
