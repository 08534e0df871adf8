"""The command `espalier`: the program that lies in the package."""

import os
import pathlib
import sys
from typing import NoReturn

PROGRAM = pathlib.Path(__file__).parent / "bin" / "espalier"


def main() -> NoReturn:
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])
