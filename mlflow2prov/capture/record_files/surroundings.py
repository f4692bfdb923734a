"""The surroundings of a call: command line, Python, machine, selected variables of the environment."""

from __future__ import annotations

import os
import platform
import re
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from mlflow2prov.capture import environment
from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.secrets import MASK, is_secret_name

VARIABLES = ("CUDA_VISIBLE_DEVICES", "VIRTUAL_ENV", "PYENV_VIRTUAL_ENV", "PYTHONPATH")
"""The variables of the environment that are always recorded."""

_IMAGE_VARIABLES = ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "CONTAINER_IMAGE")
_BUILD_COMMIT_FILE = Path("/etc/docker-build-git-hash")
_PODMAN_FILE = Path("/run/.containerenv")
_MAX_FILE_BYTES = 10_000


def get_environment_info(extra_variables: Iterable[str] = ()) -> dict[str, Any]:
    """Return the program, the machine and the selected variables of the environment.

    Credentials in URLs and the values of variables and options whose names suggest a secret are masked.

    Args:
        extra_variables: the names of further variables. All variables of Slurm are included in its jobs.
    """
    info: dict[str, Any] = {
        "argv": environment.without_secret_arguments(sys.argv),
        "orig_argv": environment.without_secret_arguments(sys.orig_argv),
        "platform": sys.platform,
        "platform_info": platform.platform(),
        "python_version": sys.version,
        "python_implementation": sys.implementation.name,
        "python_executable": sys.executable,
        "cwd": environment.current_folder(),
        "hostname": socket.gethostname(),
        "python_path": list(map(str, sys.path)),
        "cpu_count": os.cpu_count(),
        "user": environment.user(),
        "environment_variables": _variables(extra_variables),
        "gpus": _gpus(),
    }
    if (commit := _first_line(_BUILD_COMMIT_FILE)) is not None:
        info["git_hash_at_docker_build"] = commit
    if (image := _container_image()) is not None:
        info["container_image"] = without_secrets(image)
    return info


def _variables(extra: Iterable[str]) -> dict[str, str | None]:
    names = [*VARIABLES, *extra]
    if "SLURM_JOB_ID" in os.environ:
        names += sorted(name for name in os.environ if name.startswith("SLURM"))
    return {name: _variable(name) for name in names}


def _variable(name: str) -> str | None:
    value = os.environ.get(name)
    if value is None:
        return None
    return MASK if is_secret_name(name) else str(without_secrets(value))


def _gpus() -> list[dict[str, Any]]:
    """Return the GPUs that NVIDIA's management library lists, if the package nvidia-ml-py is installed."""
    try:
        nvml: Any = import_module("pynvml")
    except ImportError:
        return []
    # The library raises errors of its own: no driver, no permission, a device that was lost.
    with suppress(Exception):
        nvml.nvmlInit()
        try:
            devices = map(nvml.nvmlDeviceGetHandleByIndex, range(nvml.nvmlDeviceGetCount()))
            return [_describe_gpu(nvml, device) for device in devices]
        finally:
            nvml.nvmlShutdown()
    return []


def _describe_gpu(nvml: Any, device: Any) -> dict[str, Any]:
    return {
        "name": _text(nvml.nvmlDeviceGetName(device)),
        "uuid": _text(nvml.nvmlDeviceGetUUID(device)),
        "memory_bytes": nvml.nvmlDeviceGetMemoryInfo(device).total,
        "driver_version": _text(nvml.nvmlSystemGetDriverVersion()),
    }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _container_image() -> str | None:
    """Return the image of the container, as Apptainer, Podman or the user's configuration gives it."""
    for name in _IMAGE_VARIABLES:
        if image := os.environ.get(name):
            return image
    match = re.search(r'^image="?([^"\n]+)', _read(_PODMAN_FILE) or "", re.MULTILINE)
    return match[1] if match else None


def _first_line(path: Path) -> str | None:
    content = _read(path)
    return content.split("\n", 1)[0].strip() if content else None


def _read(path: Path) -> str | None:
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as stream:
                return stream.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
    return None
