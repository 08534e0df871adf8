"""The command `espalier`, the program that lies in the package, and where its trainer is."""

import os
import pathlib
import sys
from typing import NoReturn

from espalier import _core

PROGRAM = pathlib.Path(__file__).parent / "bin" / "espalier"


def commands() -> pathlib.Path:
    """Where this environment's commands are."""
    import sysconfig  # a tenth of the time that `import espalier` takes

    return pathlib.Path(sysconfig.get_path("scripts"))


def trainer() -> pathlib.Path | None:
    """espalier-train: among this environment's commands, beside Python, or in PATH."""
    installed = commands() / "espalier-train"
    if os.access(installed, os.X_OK):
        return installed
    found = _core.trainer_path()
    return found if found.name else None


def main() -> NoReturn:
    found = trainer()
    if found is not None and found.parent == commands():  # the program looks in PATH: an environment is there once it is activated
        os.environ["PATH"] = f"{found.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])
