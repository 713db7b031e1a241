"""A journey: a demo on real parts in a folder of its own, ended whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from installers.local.demo.demo import Demo
from installers.local.demo.plan import DemoPlan


@contextlib.contextmanager
def flying(folder: Path, plan: DemoPlan) -> Iterator[Demo]:
    """A started demo without a window."""
    demo = Demo(folder, plan, window=False, say=lambda line: None)
    try:
        demo.start()
        yield demo
    finally:
        demo.stop()
