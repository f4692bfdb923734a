"""Sources of facts: Git and MLflow.

A source reads what the world recorded into fact tables (:mod:`mlflow2prov.facts`) and knows nothing of PROV.
"""
