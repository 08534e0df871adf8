#!/usr/bin/env python3
"""What espalier/c.h promises, against what it promised: abi_test.py COMPILER HEADER INCLUDE RECORDED [--record]

Programs that were compiled with an older header go on working: functions, the layout of structures and the values of
constants only grow. abidiff compares a library made of the header's declarations with the recorded one; symbols_test.py
checks that the real library has them. --record writes the record anew, for an addition.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PROTOTYPE = re.compile(r"^((?:const )?\w+\*? espalier_\w+\([^;{}]*\));", re.M)


def library(compiler, header, include, folder):
    """The declarations with bodies, so that debug information tells of all their types."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    text, functions = PROTOTYPE.subn(r"\1 { __builtin_trap(); }", text)
    assert functions >= 19, f"only {functions} functions"
    (folder / "declared.c").write_text(text)
    subprocess.run([compiler, "-std=c11", "-g", f"-fdebug-prefix-map={folder}=.", "-shared", "-fPIC",
                    f"-I{header.parent.parent.resolve()}", f"-I{include.resolve()}", "declared.c", "-o", "libdeclared.so"],
                   check=True, cwd=folder)
    return folder / "libdeclared.so"


def main():
    compiler, header, include, recorded = sys.argv[1], *(pathlib.Path(argument) for argument in sys.argv[2:5])
    with tempfile.TemporaryDirectory() as scratch:
        built = library(compiler, header, include, pathlib.Path(scratch))
        if "--record" in sys.argv:
            subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file", recorded,
                            built], check=True)
            return
        done = subprocess.run(["abidiff", "--no-added-syms", recorded, built], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{done.stdout}{done.stderr}espalier/c.h changed what programs were compiled with")


if __name__ == "__main__":
    main()
