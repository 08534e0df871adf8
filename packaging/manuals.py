#!/usr/bin/env python3
"""Man pages and completion for bash, zsh and fish from the program's --help: manuals.py PROGRAM VERSION FOLDER"""

import gzip
import pathlib
import sys

import command_line


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.splitlines())


def man_page(command, commands, version):
    title = f"espalier-{command.name}" if command.name else "espalier"
    lines = [f'.TH {title.upper()} 1 "" "espalier {version}"', ".SH NAME", f"{roff(title)} \\- {roff(command.summary)}",
             ".SH SYNOPSIS", f".B {roff(command.usage)}"]
    for heading, options in (("ARGUMENTS", command.positionals), ("OPTIONS", command.options)):
        if options:
            lines.append(f".SH {heading}")
        for option in options:
            lines += [".TP", f".B {roff(', '.join(option.names))} \\fR{roff(option.form)}", roff(option.text)]
    if command.name == "":
        lines.append(".SH COMMANDS")
        for other in commands[1:]:
            lines += [".TP", f".BR espalier\\-{roff(other.name)} (1)", roff(other.summary)]
    if command.example:
        lines += [".SH EXAMPLE", ".nf", roff(command.example), ".fi"]
    lines += [".SH EXIT STATUS", "0, 1 (failed) or 2 (bad usage or recipe)."]
    if command.name:
        lines += [".SH SEE ALSO", ".BR espalier (1)"]
    return "\n".join(lines) + "\n"


def names_of(command):
    return [name for option in command.options for name in option.names]


def with_choices(command):
    return [(name, option.choices) for option in command.options if option.choices for name in option.names]


def bash(commands):
    verbs = " ".join(c.name for c in commands[1:])
    cases = "".join(f"        {c.name}) words='{' '.join(names_of(c))}' ;;\n" for c in commands[1:])
    values = "".join(f"        {c.name}:{name}) COMPREPLY=($(compgen -W '{' '.join(choices)}' -- \"$word\")); return ;;\n"
                     for c in commands[1:] for name, choices in with_choices(c))
    return f"""# bash completion for espalier
_espalier() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} words
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W '{verbs} --help --version' -- "$word"))
        return
    fi
    case ${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD-1]}} in
{values}    esac
    case ${{COMP_WORDS[1]}} in
{cases}        *) return ;;
    esac
    case $word in
        -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
        *) COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null ;;
    esac
}}
complete -F _espalier espalier
"""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh(commands):
    def spec(name, option):
        text = option.text.replace("[", "(").replace("]", ")").replace(":", " -")
        value = ""
        if option.choices:
            value = f":value:({' '.join(option.choices)})"
        elif option.form:
            value = ":value:_files"
        return quoted(f"{name}[{text}]{value}")

    verbs = " ".join(quoted(f"{c.name}:{c.summary}") for c in commands[1:])
    cases = "".join(
        f"        {c.name}) _arguments {' '.join(spec(name, o) for o in c.options for name in o.names)} '*:file:_files' ;;\n"
        for c in commands[1:])
    return f"""#compdef espalier
_espalier() {{
    local -a verbs=({verbs})
    if (( CURRENT == 2 )); then
        _describe verb verbs
        return
    fi
    local verb=$words[2]
    shift words
    (( CURRENT-- ))
    case $verb in
{cases}    esac
}}
_espalier "$@"
"""


def fish(commands):
    lines = ["# fish completion for espalier"]
    for c in commands[1:]:
        lines.append(f"complete -c espalier -n __fish_use_subcommand -f -a {c.name} -d {quoted(c.summary)}")
        for option in c.options:
            words = [f"complete -c espalier -n '__fish_seen_subcommand_from {c.name}'"]
            words += [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
            if option.choices:
                words.append(f"-x -a {quoted(' '.join(option.choices))}")
            elif option.form:
                words.append("-r")
            lines.append(" ".join([*words, f"-d {quoted(option.text)}"]))
    return "\n".join(lines) + "\n"


def main():
    program, version, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    commands = command_line.read(program)
    for command in commands:
        page = folder / "man" / "man1" / f"espalier{'-' * bool(command.name)}{command.name}.1.gz"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(gzip.compress(man_page(command, commands, version).encode(), mtime=0))
    for path, text in (("bash-completion/completions/espalier", bash(commands)),
                       ("zsh/vendor-completions/_espalier", zsh(commands)),
                       ("fish/vendor_completions.d/espalier.fish", fish(commands))):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


if __name__ == "__main__":
    main()
