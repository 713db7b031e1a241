"""The locked Python environment, made by uv; and uv itself, from PATH or into a private folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from installers.setup import system
from installers.setup.errors import SetupError
from installers.setup.progress import Progress

OLDEST_PYTHON = (3, 11)
FIRST_UNTRIED_PYTHON = (3, 13)
STAMP = "kestrel.stamp"


@dataclass(frozen=True)
class Places:
    """Where set-up finds and leaves things: the checkout and the folder of everything made (`.kestrel`, or KESTREL_HOME)."""

    root: Path
    home: Path

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def environment(self) -> Path:
        return self.home / "env"

    @property
    def python(self) -> Path:
        return program_of(self.environment, "python")

    @property
    def log(self) -> Path:
        return self.home / "setup.log"


def program_of(environment: Path, name: str) -> Path:
    """A program of a virtual environment, where this kind of system keeps it."""
    return environment / "Scripts" / f"{name}.exe" if os.name == "nt" else environment / "bin" / name


def is_ready(places: Places) -> bool:
    """Whether the environment was made whole from the lock file as it stands now. Reads two small files and starts nothing."""
    stamp = places.environment / STAMP
    return places.python.exists() and stamp.is_file() and stamp.read_text() == _stamp_text(places)


def make(places: Places, progress: Progress) -> None:
    """Makes the environment or brings it up to the lock file. May be interrupted at any time and run again.

    Raises SetupError if a package cannot be had or differs from its committed hash.
    """
    uv = _uv(places, progress)
    settings = {
        "UV_SYSTEM_CERTS": "true",  # a company's own certificate authority is known to the system and not to uv
        **os.environ,
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(places.home / "cache" / "uv")),
        "UV_PYTHON_INSTALL_DIR": os.environ.get("UV_PYTHON_INSTALL_DIR", str(places.home / "python")),
        "UV_HTTP_TIMEOUT": os.environ.get("UV_HTTP_TIMEOUT", "180"),
    }
    if not places.python.exists():
        wanted = (
            sys.executable if OLDEST_PYTHON <= sys.version_info[:2] < FIRST_UNTRIED_PYTHON else "3.12"  # uv fetches it
        )
        making = [uv, "venv", "--clear", "--python", wanted, str(places.environment)]
        progress.run("making the Python environment", making, settings)
    synchronising = [uv, "pip", "sync", "--require-hashes", "--python", str(places.python), str(places.lock)]
    progress.run("installing the Python packages", synchronising, settings)
    (places.environment / STAMP).write_text(_stamp_text(places))
    shutil.rmtree(
        places.home / "cache" / "uv", ignore_errors=True
    )  # 1.3 GB; what is installed stays when the lock changes


def _stamp_text(places: Places) -> str:
    return hashlib.sha256(places.lock.read_bytes()).hexdigest()


def _uv(places: Places, progress: Progress) -> str:
    on_path = shutil.which("uv")
    if on_path:
        return on_path
    tools = places.home / "tools"
    uv = program_of(tools, "uv")
    if not uv.exists():
        _make_tools(tools, progress)
        requirement = places.root / "installers" / "setup" / "uv.lock"
        pip = [
            str(program_of(tools, "python")),
            "-m",
            "pip",
            "install",
            "--no-cache-dir",
            "--disable-pip-version-check",
        ]
        progress.run("installing uv", [*pip, "--require-hashes", "-r", str(requirement)])
    return str(uv)


def _make_tools(tools: Path, progress: Progress) -> None:
    """A virtual environment with pip; Debian keeps the half of it that is needed here in a package of its own."""
    if not _has_ensurepip():
        _install_venv(progress, system.apt_prefix())
    progress.run("making a folder for the tools", [sys.executable, "-m", "venv", "--clear", str(tools)])


def _install_venv(progress: Progress, prefix: list[str] | None) -> None:
    """Gets Python's own venv module on a Debian that lacks it. `prefix`: see system.apt_prefix.

    Raises SetupError with what to type if we may not install, or if it is still not there afterwards.
    """
    if prefix is None:
        raise SetupError("Python's venv module is missing; install it: apt-get install python3-venv (or install uv)")
    system.apt_install(progress, prefix, [system.Missing("Python's venv module", ("python3-venv",), "")])
    if not _has_ensurepip():
        raise SetupError(f"{sys.executable} has no ensurepip module; use another Python, 3.11 or 3.12, or install uv")


def _has_ensurepip() -> bool:
    # Asked in a process of its own: a Python that has just been given a module does not always notice it.
    question = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(question, capture_output=True, check=False).returncode == 0
