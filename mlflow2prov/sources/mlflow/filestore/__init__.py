"""An MLflow file store (`mlruns`), read as files."""
