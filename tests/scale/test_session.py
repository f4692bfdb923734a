"""The settings of Spark follow from the options of the command line."""

import pytest

from mlflow2prov.scale.session import MIN_DRIVER_MEGABYTES, memory_settings


@pytest.mark.parametrize(
    ("limit", "megabytes"),
    [
        ("500MB", MIN_DRIVER_MEGABYTES),
        ("629145600B", 600),
        ("1GB", 953),
        ("2GB", 1907),
        ("2 gb", 1907),
        ("8GB", 7629),
        ("8 GB", 7629),
        ("2GiB", 2048),
        ("1.5 TiB", 1_572_864),
    ],
)
def test_the_memory_of_the_driver_is_the_limit_in_mebibytes(limit, megabytes):
    assert memory_settings(limit) == {"spark.driver.memory": f"{megabytes}m"}
