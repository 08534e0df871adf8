"""What `espalier --help` tells, as data: man pages, shell completion and the site's reference are made of it."""

import dataclasses
import re
import subprocess


@dataclasses.dataclass
class Option:
    names: list[str]    # "-o", "--output"; of a positional its name
    form: str           # "TEXT ...", "INT:INT in [1 - 1024]=1"
    text: str
    choices: list[str]  # of "TEXT:{none,quick,full}"


@dataclasses.dataclass
class Command:
    name: str           # "" for the program itself
    summary: str
    usage: str
    positionals: list[Option]
    options: list[Option]
    example: str


def _option(line, text):
    names, _, form = line.partition(" ")
    choices = re.search(r"\{([^}]*)\}", form)
    return Option(names.split(","), form.strip(), text, choices[1].split(",") if choices else [])


def _entries(lines):
    """"  --name FORM     text", or the text on the next line."""
    entries = []
    for line in lines:
        if line.startswith("  ") and not line.startswith("   "):
            head, _, text = line.strip().partition("  ")
            entries.append([head, text.strip()])
        elif line.strip():
            entries[-1][1] = f"{entries[-1][1]} {line.strip()}".strip()
    return entries


def parse(name, text):
    summary, usage, *rest = text.strip().splitlines()
    sections, key = {}, None
    for line in rest:
        if line and not line.startswith(" ") and line.endswith(":"):
            key = sections.setdefault(line[:-1], [])
        elif key is not None:
            key.append(line)
    command = Command(name, summary, usage.removeprefix("Usage: "),
                      [_option(*entry) for entry in _entries(sections.get("Positionals", []))],
                      [_option(*entry) for entry in _entries(sections.get("Options", []))],
                      "\n".join(line.strip() for line in sections.get("Example", []) if line.strip()))
    return command, [head for head, _ in _entries(sections.get("Subcommands", []))]


def read(program):
    """[the program itself, verb, verb, ...]"""
    def told(*words):
        return subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout

    top, verbs = parse("", told())
    if not verbs:
        raise SystemExit(f"{program} --help names no verbs")
    return [top] + [parse(verb, told(verb))[0] for verb in verbs]
