"""The documents and the code say the same: every folder, file, setting and command is named where a newcomer looks for it."""

from __future__ import annotations

import ast
import subprocess
import tomllib

import pytest

from installers.local.places import ROOT
from installers.setup.words import WORDS

COMPONENTS = ("drone_sim", "edge_bridge", "ground_station", "cloud_pipeline")
FOLDERS = (*COMPONENTS, "messages", "maps", "installers", "installers/local")


def tracked(suffix: str) -> list[str]:
    """The project's own files with this ending."""
    listed = subprocess.run(["git", "ls-files", f"*{suffix}"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def settings_of(component: str) -> set[str]:
    """The fields of the component's settings, without those that only group others."""
    tree = ast.parse((ROOT / component / "settings.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Settings")]
    names = {node.name for node in classes}
    return {
        field.target.id
        for node in classes
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and ast.unparse(field.annotation) not in names
    }


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_setting_stands_in_the_readme_of_its_component(component: str):
    readme = (ROOT / component / "README.md").read_text(encoding="utf-8")

    unnamed = [name for name in settings_of(component) if name not in readme and name.replace("_", "-") not in readme]

    assert unnamed == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_a_readme_that_names_its_files(folder: str):
    readme = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    files = [path.stem for path in (ROOT / folder).glob("*.py") if path.stem not in ("__init__", "__main__")]

    assert [name for name in files if name not in readme] == []


def test_every_command_stands_in_the_readme_or_the_installers_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "installers" / "README.md").read_text(
        encoding="utf-8"
    )

    assert [word.name for word in WORDS if f"kestrel {word.name}" not in text] == []


def test_every_file_opens_with_what_it_is_for():
    silent = [
        name for name in tracked(".py") if not ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_the_changelog_knows_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_file_is_pinned_to_an_index_of_packages():
    locks = ["requirements.lock", "installers/setup/uv.lock", *tracked("jars.lock")]

    assert [name for name in locks if "://" in (ROOT / name).read_text(encoding="utf-8")] == []
