"""What Spark may raise at us, sorted by what is to be done about it. The one file that knows py4j, which carries our calls to the JVM."""

from __future__ import annotations

from py4j.protocol import Py4JError, Py4JJavaError  # type: ignore[import-untyped]  # ships no types
from pyspark.errors import PySparkException

REFUSED: tuple[type[Exception], ...] = (PySparkException, Py4JJavaError)
"""Spark did not do what was asked; it still runs."""

ANY: tuple[type[Exception], ...] = (PySparkException, Py4JError, ConnectionError)
"""Any of it, a JVM that no longer answers included."""


def cause_of(problem: Exception) -> str:
    """The innermost cause that Java or Python named, in one line of at most 300 characters."""
    java = getattr(problem, "java_exception", None)
    lines = [line.strip() for line in str(java if java is not None else problem).splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by:").strip() for line in lines if line.startswith("Caused by:")]
    failed = [line for line in lines if "BatchFailed:" in line]
    found = failed[-1:] or causes[-1:] or lines[:1] or [type(problem).__name__]
    return found[0][:300]
