"""The command `espalier`, the program that lies in the package, and where its trainer is."""

import os
import pathlib
import sys
import sysconfig
from typing import NoReturn

from espalier import _core

PROGRAM = pathlib.Path(__file__).parent / "bin" / "espalier"


COMMANDS = pathlib.Path(sysconfig.get_path("scripts"))  # of this environment


def trainer() -> pathlib.Path:
    """espalier-train: among this environment's commands, beside Python, or in PATH. Path() where there is none."""
    installed = COMMANDS / "espalier-train"
    return installed if os.access(installed, os.X_OK) else _core.trainer_path()


def main() -> NoReturn:
    if trainer().parent == COMMANDS:  # the program looks in PATH, where an environment is only once it is activated
        os.environ["PATH"] = f"{COMMANDS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])
