"""The session: a connection to Spark, for the time of one chain of commands."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mlflow2prov.engine.memory import bytes_of
from mlflow2prov.errors import ConfigurationError, EngineError, FormatError, one_line
from mlflow2prov.scale.engine_address import master_of
from mlflow2prov.secrets import without_credentials
from mlflow2prov.temporary import process_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SETTINGS = {
    "spark.app.name": "mlflow2prov",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Unification repeats expressions for times; the text of the plan would take longer than the query.
    "spark.sql.maxPlanStringLength": "1000",
    "spark.ui.showConsoleProgress": "false",
}
_LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}
"""Further settings of a Spark on this machine. On a cluster, they are those of its administrators."""

_LOGGERS = ("py4j", "pyspark", "PythonSparkConnectLogger", "SQLQueryContextLogger")

MIN_DRIVER_MEGABYTES = 600
"""The least memory of the driver, in MiB. Spark itself requires 450 MiB."""

REFUSAL = "[STATEMENT] "
"""How the message of an error begins that a process of Spark raises because of a statement."""

_CAUSE = re.compile(r"^(?:[\w.$]+(?:Exception|Error): )+")
_MISSING = "engine: Spark is not installed; pip install 'mlflow2prov[spark]'"
_NO_JAVA = "engine: Spark does not start; install Java 17 or newer, and set JAVA_HOME"


def memory_settings(limit: str) -> dict[str, str]:
    """Return the settings of Spark for a memory limit of the tables, such as ``"2GB"``.

    It is the memory of the driver. With ``local[...]``, that is all of Spark; on a cluster, the memory of the other
    processes is a matter of ``spark.executor.memory``.
    """
    megabytes = max(bytes_of(limit) // (1 << 20), MIN_DRIVER_MEGABYTES)
    return {"spark.driver.memory": f"{megabytes}m"}


def require_spark() -> None:
    """Require that the packages of the extra ``spark`` are installed.

    Raises:
        ConfigurationError: one of them is not.
    """
    if any(find_spec(name) is None for name in ("pyspark", "sqlglot")):
        raise ConfigurationError(_MISSING)


@contextmanager
def session(
    engine: str, *, settings: dict[str, str] | None = None, verbose: bool = False
) -> Iterator[SparkSession]:
    """Open a session with a cluster, and stop it at the end.

    Settings of the user's ``spark-defaults.conf`` apply as well, such as the jars of an object store.

    Args:
        engine: the address of the cluster (:mod:`~mlflow2prov.scale.engine_address`).
        settings: further settings of Spark, by name.
        verbose: whether Spark's log goes to standard error.

    Raises:
        ConfigurationError: the address is not valid, or Spark is not installed.
        EngineError: Spark does not start.
    """
    master = master_of(engine)
    require_spark()
    defaults = {**_SETTINGS, **(_LOCAL_SETTINGS if master.startswith("local") else {})}
    with _without_noise(verbose):
        spark = _start(master, {**defaults, **(settings or {})}, verbose=verbose)
        try:
            yield spark
        finally:
            with suppress(Exception):
                _stop(spark)


def _start(master: str, settings: dict[str, str], *, verbose: bool) -> SparkSession:
    java_gateway = import_module("pyspark.java_gateway")
    core, sql = import_module("pyspark"), import_module("pyspark.sql")
    conf = core.SparkConf().setMaster(master)
    if master.startswith("local"):
        conf.set("spark.local.dir", str(process_folder()))
        conf.set("spark.sql.warehouse.dir", str(process_folder() / "warehouse"))
    for name, value in settings.items():
        conf.setIfMissing(name, value)
    streams: dict[str, Any] = (
        {} if verbose else {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    )
    try:
        gateway = java_gateway.launch_gateway(conf, streams)
    except (OSError, core.errors.PySparkException) as error:
        raise EngineError(_NO_JAVA) from error
    try:
        context = core.SparkContext(conf=conf, gateway=gateway)
    except Exception as error:
        _end(gateway)
        raise EngineError(f"engine: the cluster does not answer ({reason(error)})") from error
    context.setLogLevel("WARN" if verbose else "OFF")
    if master.startswith("local"):
        context.environment["TMPDIR"] = str(process_folder())
        if "PYSPARK_PYTHON" not in os.environ:
            context.pythonExec = sys.executable
    return sql.SparkSession(context)  # type: ignore[no-any-return]


def _stop(spark: SparkSession) -> None:
    gateway = spark.sparkContext._gateway
    spark.stop()
    _end(gateway)


def _end(gateway: Any) -> None:
    """End the Java process, so that the next session is a new one with settings of its own."""
    core = import_module("pyspark")
    with suppress(Exception):
        gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    core.SparkContext._gateway = None
    core.SparkContext._jvm = None


@contextmanager
def _without_noise(verbose: bool) -> Iterator[None]:
    """Keep the warnings and the log of Spark's Python part from standard error."""
    if verbose:
        yield
        return
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pyspark\b.*")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    """Return the rows of a result of bounded size."""
    with translated_errors():
        return [tuple(row) for row in frame.collect()]


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the errors of Spark as the package's own, on one line and without credentials."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        text = str(error)
        if REFUSAL in text:
            message = text.partition(REFUSAL)[2].partition("\n")[0].strip()
            raise FormatError(one_line(message)) from error
        raise EngineError(f"engine: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Return the cause of an error of Spark on one line, without credentials."""
    java = getattr(error, "java_exception", None)
    text = str(error)
    if java is not None:
        with suppress(Exception):
            while java.getCause() is not None:
                java = java.getCause()
            text = java.getMessage() or java.toString()
    line = text.strip().partition("\n")[0]
    return one_line(without_credentials(_CAUSE.sub("", line))) or type(error).__name__
