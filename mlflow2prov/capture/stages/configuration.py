"""The folders of experiments, as ``curifactory_config.json`` gives them, here or in up to three folders above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FILE = "curifactory_config.json"
_LEVELS = 3

DEFAULTS: dict[str, Any] = {
    "experiments_module_name": "experiments",
    "params_module_name": "params",
    "manager_cache_path": "data/",
    "cache_path": "data/cache",
    "runs_path": "data/runs",
    "logs_path": "logs/",
    "notebooks_path": "notebooks/",
    "reports_path": "reports/",
    "report_css_path": "reports/style.css",
}
"""The keys of the file and their defaults."""


def get_configuration() -> dict[str, Any]:
    """Return the configuration of the project around the current folder.

    Raises:
        InvalidOptionError: the file is not a JSON object.
    """
    import orjson

    from mlflow2prov.capture.errors import InvalidOptionError

    here = Path.cwd()
    for folder in (here, *here.parents[:_LEVELS]):
        path = folder / FILE
        if not path.is_file():
            continue
        try:
            content = orjson.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise InvalidOptionError(f"{path}: not JSON: {error}") from error
        if not isinstance(content, dict):
            raise InvalidOptionError(f"{path}: not an object; write keys such as cache_path")
        return {**DEFAULTS, **content}
    return dict(DEFAULTS)
