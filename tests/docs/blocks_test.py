#!/usr/bin/env python3
"""Runs the code of the README and of the documentation's pages: blocks_test.py SOURCE BUILD

A page's blocks run in their order, in one folder: ```python in one Python, ```sh in a shell; ```cpp and ```c are programs,
built and run.
```text is for reading, and ```toml is part of a recipe. The folder has a model.onnx at first, as a reader has one.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
NOT_RUN = {"", "text", "toml"}
MODEL = "import espalier; espalier.model('lenet-300-100').save('model.onnx')"


def as_python(language, code, source, build):
    """A block as a part of one Python program, in which all of a page run."""
    if language == "python":
        return code
    if language in ("cpp", "c"):
        compiler = "c++ -std=c++20" if language == "cpp" else "cc -std=c11"
        code = (f"cat > block.{language} <<'END_OF_BLOCK'\n{code}\nEND_OF_BLOCK\n{compiler} -Wall -Wextra -Werror -pthread -I{source}/include "
                f"-I{build}/include block.{language} -o block -L{build} -lespalier\n./block\n")
    return f"__import__('subprocess').run(['bash', '-eo', 'pipefail'], input={code!r}, text=True, check=True)"


def check(page, source, build):
    """What failed of a page, and how many blocks ran."""
    blocks = BLOCK.findall(page.read_text())
    unknown = {language for language, _ in blocks} - NOT_RUN - {"python", "sh", "cpp", "c"}
    if unknown:
        return f"blocks of {unknown}", 0
    environment = {**os.environ, "PYTHONPATH": f"{build}/python", "LD_LIBRARY_PATH": str(build),
                   "PATH": f"{build}/bin:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        to_run = [as_python(language, code, source, build) for language, code in blocks if language not in NOT_RUN]
        done = subprocess.run([sys.executable, "-"], cwd=folder, env=environment, input="\n".join([MODEL, *to_run]),
                              capture_output=True, text=True)
        return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}", len(to_run)


def main():
    source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    ran = 0
    docs = source / "docs"
    for page in [source / "README.md", *sorted(docs.glob("*.md")), *sorted(docs.glob("tutorials/*.md"))]:
        failed, count = check(page, source, build)
        ran += count
        if failed:
            raise SystemExit(f"{page.relative_to(source)}: {failed}")
    assert ran >= 15, f"only {ran} blocks"
    print(f"{ran} blocks ran")


if __name__ == "__main__":
    main()
