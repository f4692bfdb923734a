"""An MLflow backend database, read by its tables."""
