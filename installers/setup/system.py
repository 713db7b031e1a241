"""What only the system can give: Mosquitto, Java, a virtual screen, and the libraries under Qt. Says what is missing and how to get it.

The table of libraries is the direct NEEDED entries of the Qt 6.12 parts that Kestrel uses (window, web engine, sound, xcb), read with
`readelf -d` from the PySide6 wheel; looking them up in the loader's own cache takes 10 ms, so every start can afford it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from installers.setup import words
from installers.setup.errors import SetupError
from installers.setup.java import java_home
from installers.setup.progress import Progress, say

SYSTEM_FOLDERS = (
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/opt/homebrew/sbin",
    "/usr/local/opt/mosquitto/sbin",
    "C:/Program Files/mosquitto",
)

# Shared library -> Debian packages that hold it, the first that the machine's release knows is taken (t64: from 2024 on).
QT_LIBRARIES: dict[str, tuple[str, ...]] = {
    "libEGL.so.1": ("libegl1",),
    "libGL.so.1": ("libgl1",),
    "libX11-xcb.so.1": ("libx11-xcb1",),
    "libX11.so.6": ("libx11-6",),
    "libXcomposite.so.1": ("libxcomposite1",),
    "libXdamage.so.1": ("libxdamage1",),
    "libXext.so.6": ("libxext6",),
    "libXfixes.so.3": ("libxfixes3",),
    "libXrandr.so.2": ("libxrandr2",),
    "libXtst.so.6": ("libxtst6",),
    "libasound.so.2": ("libasound2t64", "libasound2"),
    "libbrotlidec.so.1": ("libbrotli1",),
    "libdbus-1.so.3": ("libdbus-1-3",),
    "libdrm.so.2": ("libdrm2",),
    "libexpat.so.1": ("libexpat1",),
    "libfontconfig.so.1": ("libfontconfig1",),
    "libfreetype.so.6": ("libfreetype6",),
    "libgbm.so.1": ("libgbm1",),
    "libglib-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libgssapi_krb5.so.2": ("libgssapi-krb5-2",),
    "libnspr4.so": ("libnspr4",),
    "libnss3.so": ("libnss3",),
    "libpulse.so.0": ("libpulse0",),
    "libudev.so.1": ("libudev1",),
    "libwayland-client.so.0": ("libwayland-client0",),
    "libwayland-cursor.so.0": ("libwayland-cursor0",),
    "libwayland-egl.so.1": ("libwayland-egl1",),
    "libwayland-server.so.0": ("libwayland-server0",),
    "libxcb-cursor.so.0": ("libxcb-cursor0",),
    "libxcb-dri3.so.0": ("libxcb-dri3-0",),
    "libxcb-glx.so.0": ("libxcb-glx0",),
    "libxcb-icccm.so.4": ("libxcb-icccm4",),
    "libxcb-image.so.0": ("libxcb-image0",),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1",),
    "libxcb-randr.so.0": ("libxcb-randr0",),
    "libxcb-render-util.so.0": ("libxcb-render-util0",),
    "libxcb-shape.so.0": ("libxcb-shape0",),
    "libxcb-sync.so.1": ("libxcb-sync1",),
    "libxcb-util.so.1": ("libxcb-util1",),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0",),
    "libxcb-xkb.so.1": ("libxcb-xkb1",),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0",),
    "libxkbfile.so.1": ("libxkbfile1",),
    "libz.so.1": ("zlib1g",),
    "libzstd.so.1": ("libzstd1",),
}


LIBRARIES = "the window's libraries"

# Program -> Debian package: with these the tests make faults of disk, clock and network. Where they cannot be had, those tests are skipped.
FAULT_PROGRAMS: dict[str, str] = {
    "strace": "strace",
    "faketime": "faketime",
    "ip": "iproute2",
    "tc": "iproute2",
    "nft": "nftables",
    "mkfs.ext4": "e2fsprogs",
}
FAULTS = "the tests' fault makers"


@dataclass(frozen=True)
class Missing:
    """One thing that is not there. `packages` are Debian names, best first; `advice` is the line for every other system.

    `group` is what a progress line calls it, where 45 names would say less than one.
    """

    name: str
    packages: tuple[str, ...]
    advice: str
    group: str = ""


def find_program(name: str) -> Path | None:
    """A program on PATH or in the folders of system services, which a plain user's PATH leaves out (mosquitto is in /usr/sbin)."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(SYSTEM_FOLDERS))
    return Path(found) if found else None


def missing(needs: Iterable[str]) -> list[Missing]:
    """What of `needs` (constants of installers.setup.words) this machine lacks, in the order a reader expects."""
    wanted = set(needs)
    found: list[Missing] = []
    if words.MOSQUITTO in wanted and find_program("mosquitto") is None:
        found.append(
            Missing("Mosquitto", ("mosquitto",), _advice("mosquitto", "mosquitto", "EclipseFoundation.Mosquitto"))
        )
    if words.JAVA in wanted and java_home() is None:
        found.append(
            Missing(
                "Java 17 or 21",
                ("openjdk-21-jre-headless", "openjdk-17-jre-headless"),
                _advice("java-17-openjdk-headless", "openjdk@17", "EclipseAdoptium.Temurin.17.JRE"),
            )
        )
    if sys.platform.startswith("linux"):
        if words.WINDOW in wanted:
            found += _missing_under_qt()
        if words.SCREEN in wanted and find_program("Xvfb") is None:
            found.append(Missing("Xvfb", ("xvfb",), "with the system's packages (xorg-x11-server-Xvfb)"))
        if words.FAULTS in wanted and apt_prefix() is not None:
            found += [
                Missing(name, (package,), f"with the system's package {package}", FAULTS)
                for name, package in FAULT_PROGRAMS.items()
                if find_program(name) is None
            ]
    return found


def _missing_under_qt() -> list[Missing]:
    known = _loader_cache()
    if not known:  # no such cache here (musl, NixOS): nothing to compare with, and Qt says itself what it lacks
        return []
    absent = [soname for soname in QT_LIBRARIES if soname not in known]
    found = [
        Missing(soname, QT_LIBRARIES[soname], f"with the system's package that holds {soname}", LIBRARIES)
        for soname in absent
    ]
    if not any(
        True for folder in ("/usr/share/fonts", "/usr/local/share/fonts") for _ in Path(folder).rglob("*.[to]tf")
    ):
        found.append(Missing("a font", ("fonts-dejavu-core",), "with the system's packages (dejavu-sans-fonts)"))
    return found


def _loader_cache() -> set[str]:
    program = find_program("ldconfig")
    if program is None:
        return set()
    answer = subprocess.run([str(program), "-p"], capture_output=True, text=True, check=False)
    return {line.split()[0] for line in answer.stdout.splitlines() if "=>" in line}


def _advice(fedora: str, brew: str, winget: str) -> str:
    if sys.platform == "darwin":
        return f"brew install {brew}"
    if sys.platform == "win32":
        return f"winget install {winget}"
    return f"with the system's packages ({fedora})"


def apt_prefix() -> list[str] | None:
    """What goes before `apt-get` so that we may use it: nothing as root, sudo where it asks for no password; None if we may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def known_to_apt(package: str) -> bool:
    """Whether this release has the package at all, as a real one (an empty answer for names that are only provided)."""
    answer = subprocess.run(["apt-cache", "show", "--quiet=2", package], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and "Package:" in answer.stdout


def chosen_packages(items: Iterable[Missing], known: Callable[[str], bool]) -> list[str]:
    """One package for each missing thing: the first name that `known` accepts, or the oldest release's name where it accepts none."""
    chosen = (next((name for name in item.packages if known(name)), item.packages[-1]) for item in items)
    return list(dict.fromkeys(chosen))


def advice_lines(items: Iterable[Missing]) -> list[str]:
    """For a machine whose packages we may not touch: one plain line per missing thing, or one for all where apt-get would do."""
    listed = list(items)
    if shutil.which("apt-get"):
        packages = " ".join(chosen_packages(listed, known_to_apt))
        return [
            f"{len(listed)} things are missing; as administrator: apt-get install --no-install-recommends {packages}"
        ]
    return [f"{item.name} is missing; install it: {item.advice}" for item in listed]


def apt_install(progress: Progress, prefix: list[str], items: list[Missing]) -> None:
    """Installs Debian's packages for `items`, with fresh package lists if the machine's own do not do. Raises SetupError."""
    quiet = [
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        "Dpkg::Use-Pty=0",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]
    installing = [*prefix, *quiet, "install", "-y", "--no-install-recommends"]
    what = "installing system packages"
    if all(any(known_to_apt(name) for name in item.packages) for item in items):
        try:
            progress.run(what, [*installing, *chosen_packages(items, known_to_apt)])
        except SetupError:  # most often lists so old that the files they name are gone
            say("      once more with fresh package lists")
        else:
            return
    progress.run("fetching the system's package lists", [*prefix, *quiet, "update"])
    progress.run(what, [*installing, *chosen_packages(items, known_to_apt)])
