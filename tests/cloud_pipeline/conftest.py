"""One small Spark session for all tests of this folder that need one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cloud_pipeline.session import start_session, stop_session
from cloud_pipeline.settings import SparkSettings, shared_classes
from installers.local.classes import archive_of
from installers.local.jars import spark_jars


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark as the archive job has it: interpreted plans, New York nowhere but in the questions, everything else UTC."""
    jars = tuple(str(path) for path in spark_jars())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pyspark leaves its pipe to the JVM to the collector
        settings = SparkSettings(jars=jars, jvm=shared_classes(str(archive_of("spark"))))
        session = start_session(settings, name="tests", scratch=tmp_path_factory.mktemp("spark"))
        yield session
        stop_session(within_s=10.0)


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An empty archive in a folder."""
    return (tmp_path / "archive").as_uri()
