#!/usr/bin/env python3
"""Runs every notebook of the documentation from top to bottom: notebooks_test.py SOURCE BUILD

Needs nbclient and ipykernel. Notebooks are stored without outputs, and tables appear where they promise some.
"""
import os
import pathlib
import sys

import nbclient
import nbformat


def main():
    source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    os.environ["PYTHONPATH"] = f"{build}/python"
    notebooks = sorted((source / "docs").rglob("*.ipynb"))
    assert notebooks, "there are no notebooks"
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            assert not cell.get("outputs"), f"{path.name} is stored with outputs: {cell.source[:60]}"
        nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
        shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        tables = sum("text/html" in output.get("data", {}) for output in shown)
        assert tables >= 2, f"{path.name} shows only {tables} tables"
        print(f"{path.name}: {len(notebook.cells)} cells, {tables} tables")


if __name__ == "__main__":
    main()
