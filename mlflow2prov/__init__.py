"""Extract W3C PROV provenance graphs from Git repositories and MLflow tracking."""
