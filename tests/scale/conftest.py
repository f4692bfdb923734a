"""One Spark for all tests of data sets, since its start takes longer than most of them."""

import importlib.util
import shutil
from contextlib import ExitStack, suppress

import pytest

from mlflow2prov.errors import EngineError
from tests.services import skip_or_fail

ENGINE = "local[2]"

FAST = {
    # Compiled code of higher quality pays for large data only.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Settings with which small data takes little time."""


def require_spark():
    missing = [name for name in ("pyspark", "sqlglot") if importlib.util.find_spec(name) is None]
    if missing:
        skip_or_fail(f"{', '.join(missing)} is not installed")
    if shutil.which("java") is None:
        skip_or_fail("Java is not installed")


@pytest.fixture(scope="session")
def spark():
    require_spark()
    with ExitStack() as stack:
        yield start(stack)


def start(stack):
    """Start Spark, once more if that fails: on a busy machine, Java may not start the first time."""
    from mlflow2prov.scale.session import session

    with suppress(EngineError):
        return stack.enter_context(session(ENGINE, settings=FAST))
    return stack.enter_context(session(ENGINE, settings=FAST))
