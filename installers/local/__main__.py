"""`python -m installers.local WORD ...`: what `./kestrel WORD ...` becomes once everything is set up."""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys

from installers.local.classes import spark_variables
from installers.local.jars import JarsError
from installers.local.processes import ProcessError
from installers.setup import words

WRONG_USE = 2


def main(arguments: list[str]) -> int:
    """Hands the command line to its word. Problems that a user can mend are one line on stderr."""
    # What a library tells of a server that is still starting is no news to a user; our own warnings are.
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    word = words.BY_NAME.get(arguments[0]) if arguments else None
    if word is None:
        sys.stderr.write(words.help_text())
        return WRONG_USE
    try:
        if word.component is not None:
            return _run_component(word.component, arguments[1:], with_jars=words.JARS in word.needs)
        answer: int = importlib.import_module(f"installers.local.words.{word.name}").main(arguments[1:])
    except (ProcessError, JarsError) as problem:
        sys.stderr.write(f"kestrel {word.name}: {problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return answer


def _run_component(component: str, arguments: list[str], *, with_jars: bool) -> int:
    """Becomes `python -m component`."""
    asks_for_help = "-h" in arguments or "--help" in arguments
    if with_jars and not asks_for_help and "KESTREL_SPARK_JARS" not in os.environ:
        os.environ.update(spark_variables())
    command = [sys.executable, "-m", component, *arguments]
    if os.name != "nt":
        os.execv(command[0], command)
    # Windows' exec gives the prompt back at once and leaves the program behind.
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
