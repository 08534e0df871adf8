"""The command `espalier`, the program that lies in the package, and where its trainer is."""

import os
import pathlib
import sys
import sysconfig
from typing import NoReturn

from espalier import _core

PROGRAM = pathlib.Path(__file__).parent / "bin" / "espalier"


COMMANDS = pathlib.Path(sysconfig.get_path("scripts"))  # of this environment


def trainer() -> pathlib.Path | None:
    """espalier-train: among this environment's commands, beside Python, or in PATH."""
    installed = COMMANDS / "espalier-train"
    if os.access(installed, os.X_OK):
        return installed
    found = _core.trainer_path()
    return found if found.name else None


def main() -> NoReturn:
    found = trainer()
    if found is not None and found.parent == COMMANDS:  # the program looks in PATH: an environment is there once it is activated
        os.environ["PATH"] = f"{COMMANDS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])
