"""``python -m mlflow2prov``."""

from mlflow2prov.cli import main

if __name__ == "__main__":
    main()
