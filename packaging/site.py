#!/usr/bin/env python3
"""Lays out the pages of the site, the reference from the sources and the program: site.py SOURCE PROGRAM PAGES

PYTHONPATH has the package espalier, whose docstrings are the reference of Python.
"""

import html
import inspect
import pathlib
import re
import shutil
import subprocess
import sys

import command_line


def page_of_readme(source):
    """README's links start at the root, where the site has docs/ only; the rest is not on the site."""
    text = (source / "README.md").read_text()
    text = re.sub(r"\[([^\]]*)\]\((?!docs/(?!decisions)|http)[^)]*\)", r"\1", text)
    return re.sub(r"\]\(docs/", "](", text)


def commands(program):
    lines = ["# Commands\n"]
    for command in command_line.read(program)[1:]:
        lines += [f"## espalier {command.name}\n", f"{command.summary}.\n", f"```text\n{command.usage}\n```\n",
                  "| option | value | |\n|---|---|---|"]
        for option in command.positionals + command.options:
            cells = [f"`{', '.join(option.names)}`", f"`{option.form}`" if option.form else "",
                     html.escape(option.text, quote=False)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append(f"\n```text\n{command.example}\n```\n" if command.example else "")
    return "\n".join(lines)


def tables(program):
    """`espalier list`: a heading, then its entries, indented."""
    said = subprocess.run([program, "list"], capture_output=True, text=True, check=True).stdout
    lists = re.findall(r"^(\S.*)\n((?:  .*\n|\n)+)", said, re.M)
    if len(lists) < 5:
        raise SystemExit(f"{program} list names only {[name for name, _ in lists]}")
    return "# What recipes can name\n\n" + "\n".join(
        f"## {name}\n\n```text\n{entries.rstrip()}\n```\n" for name, entries in lists)


def told(name, thing):
    """Signature and text. Docstrings of nanobind begin with the signature."""
    signature, text = name, inspect.getdoc(thing) or ""
    if text.startswith(f"{name}("):
        signature, _, text = text.partition("\n")
    else:
        try:
            signature = f"{name}{inspect.signature(thing)}"
        except (TypeError, ValueError):
            pass
    return signature.replace("espalier._core.", "").replace("collections.abc.", ""), html.escape(text.strip(), quote=False)


def wrapped(signature):
    """One argument a line where it is long; commas within brackets stay."""
    if len(signature) < 80:
        return signature
    return re.sub(r", (?=\*|\w+:)", ",\n    ", signature.replace("(", "(\n    ", 1))


def members(thing):
    """Of a class of ours: properties with their types, methods with their signatures."""
    for name, value in vars(thing).items():
        if name.startswith("_") and name != "__call__":
            continue
        doc = " ".join((inspect.getdoc(value) or "").split())
        if not callable(value) and not isinstance(value, staticmethod):  # nanobind's properties begin with "(self) -> TYPE"
            kind = re.match(r"\(self\) -> (\S+)\s*", doc)
            shown = f"{name}: {kind[1]}".replace("espalier._core.", "") if kind else name
            yield shown, html.escape(doc[kind.end():] if kind else doc, quote=False)
        else:
            signature, text = told(name, value)
            yield signature, " ".join(text.split())


def functions_of(module, names):
    lines = []
    for name in names:
        signature, text = told(name, getattr(module, name))
        lines += [f"## {name}\n", f"```text\n{wrapped(signature)}\n```\n", text + "\n"]
    return lines


def python():
    import espalier
    import espalier.torch
    lines = ["# Python\n", f"```text\n{inspect.getdoc(espalier)}\n```\n"]
    names = [name for name in espalier.__all__ if not name.startswith("_")]
    classes = [name for name in names if inspect.isclass(getattr(espalier, name))]
    errors = [name for name in classes if issubclass(getattr(espalier, name), Exception)]
    functions = [name for name in names if name not in classes]
    lines += functions_of(espalier, functions)
    for name in names:
        if name in errors or name in functions:
            continue
        lines += [f"## {name}\n", (inspect.getdoc(getattr(espalier, name)) or "") + "\n"]
        lines += [f"- `{what}`" + (f": {doc}" if doc else "") for what, doc in members(getattr(espalier, name))]
        lines.append("")
    lines += ["# espalier.torch\n", (inspect.getdoc(espalier.torch) or "") + "\n"]
    lines += functions_of(espalier.torch, ["export", "apply_masks"])
    lines.append("# Exceptions\n")
    for name in errors:
        bases = ", ".join(base.__name__ for base in getattr(espalier, name).__bases__)
        lines.append(f"- `{name}({bases})`: {inspect.getdoc(getattr(espalier, name))}")
    return "\n".join(lines) + "\n"


def header(path, language):
    return f"```{language}\n{path.read_text().rstrip()}\n```\n"


def notebook(path):
    """A notebook that was run here as a page: text, code, and what each cell shows."""
    import nbclient
    import nbformat
    cells = nbclient.NotebookClient(nbformat.read(path, as_version=4), timeout=120).execute().cells
    lines = []
    for cell in cells:
        if cell.cell_type == "markdown":
            lines.append(cell.source + "\n")
            continue
        lines.append(f"```python\n{cell.source}\n```\n")
        for output in cell.outputs:
            shown = output.get("data", {})
            if "text/html" in shown:
                lines.append(f"<div>{shown['text/html']}</div>\n")
            elif said := shown.get("text/plain", output.get("text")):
                lines.append(f"```text\n{said.rstrip()}\n```\n")
    return "\n".join(lines)


def main():
    source, program, pages = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(source / "docs", pages, ignore=shutil.ignore_patterns("decisions"))
    for path in sorted(pages.rglob("*.ipynb")):
        path.with_suffix(".md").write_text(notebook(path))
        path.unlink()
    (pages / "index.md").write_text(page_of_readme(source))
    reference = pages / "reference"
    reference.mkdir()
    headers = sorted(path for path in (source / "include/espalier").glob("*.h") if path.name != "c.h")
    for name, text in (("commands", commands(program)), ("tables", tables(program)), ("python", python()),
                       ("c", "# C\n\n" + header(source / "include/espalier/c.h", "c")),
                       ("cpp", "# C++\n\n" + "\n".join(f"## {path.name}\n\n{header(path, 'cpp')}" for path in headers))):
        (reference / f"{name}.md").write_text(text)


if __name__ == "__main__":
    main()
