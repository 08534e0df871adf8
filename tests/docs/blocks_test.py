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


def run(command, folder, environment, given=None):
    done = subprocess.run(command, cwd=folder, env=environment, input=given, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def program(language, code, folder, environment, source, build):
    (folder / f"block.{language}").write_text(code)
    compiler = ["c++", "-std=c++20"] if language == "cpp" else ["cc", "-std=c11"]
    return run([*compiler, "-Wall", "-Wextra", "-Werror", f"-I{source}/include", f"-I{build}/include",
                f"block.{language}", "-o", "block", f"-L{build}", "-lespalier"], folder, environment) or run(["./block"], folder, environment)


def check(page, source, build):
    """What failed of a page, and how many blocks ran."""
    blocks = BLOCK.findall(page.read_text())
    unknown = {language for language, _ in blocks} - NOT_RUN - {"python", "sh", "cpp", "c"}
    if unknown:
        return f"blocks of {unknown}", 0
    environment = {**os.environ, "PYTHONPATH": f"{build}/python", "LD_LIBRARY_PATH": str(build),
                   "PATH": f"{build}/bin:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        failed = run([sys.executable, "-c", MODEL], folder, environment)
        failed = failed or run([sys.executable, "-"], folder, environment, "\n".join(c for k, c in blocks if k == "python"))
        for language, code in blocks:
            if language == "sh":
                failed = failed or run(["sh", "-e"], folder, environment, code)
            elif language in ("cpp", "c"):
                failed = failed or program(language, code, folder, environment, source, build)
    return failed, sum(language not in NOT_RUN for language, _ in blocks)


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
