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
    text = re.sub(r"\[([^\]]*)\]\((?!docs/[\w/-]+\.md|http)[^)]*\)", r"\1", text)
    return re.sub(r"\]\(docs/", "](", text)


def commands(program):
    lines = ["# Commands\n"]
    for command in command_line.read(program)[1:]:
        lines += [f"## espalier {command.name}\n", f"{command.summary}.\n", f"```text\n{command.usage}\n```\n",
                  "| option | | |\n|---|---|---|"]
        for option in command.positionals + command.options:
            cells = [f"`{', '.join(option.names)}`", f"`{option.form}`" if option.form else "", html.escape(option.text)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append(f"\n```text\n{command.example}\n```\n" if command.example else "")
    return "\n".join(lines)


def tables(program):
    """`espalier list`: a heading, then its entries, indented."""
    said = subprocess.run([program, "list"], capture_output=True, text=True, check=True).stdout
    lists = re.findall(r"^(\S.*)\n((?:  .*\n|\n)+)", said, re.M)
    if len(lists) < 5:
        raise SystemExit(f"{program} list names only {[name for name, _ in lists]}")
    return "# What recipes can name\n\n" + "\n".join(f"## {name}\n\n```text\n{entries.rstrip()}\n```\n" for name, entries in lists)


def signature_of(name, thing):
    if getattr(thing, "__nb_signature__", None):
        return thing.__nb_signature__[0][0].removeprefix("def ")
    try:
        return f"{name}{inspect.signature(thing)}"
    except (TypeError, ValueError):
        return name


def python():
    import espalier
    lines = ["# Python\n", f"```text\n{inspect.getdoc(espalier)}\n```\n"]
    for name in espalier.__all__:
        thing = getattr(espalier, name)
        if inspect.isclass(thing):
            bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
            lines += [f"## {name}\n", f"`class {name}{f'({bases})' if bases else ''}`\n", (inspect.getdoc(thing) or "") + "\n"]
            for member, value in vars(thing).items():
                if (member.startswith("_") and member != "__call__") or issubclass(thing, Exception):
                    continue
                doc = (inspect.getdoc(value) or "").strip()
                what = signature_of(member, value) if callable(value) else member
                lines.append(f"- `{what}`" + (f": {html.escape(doc)}" if doc else ""))
            lines.append("")
        elif callable(thing):
            lines += [f"## {name}\n", f"```text\n{signature_of(name, thing)}\n```\n", html.escape(inspect.getdoc(thing) or "") + "\n"]
    return "\n".join(lines)


def header(path, language):
    return f"```{language}\n{path.read_text().rstrip()}\n```\n"


def main():
    source, program, pages = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(source / "docs", pages, ignore=shutil.ignore_patterns("decisions"))
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
