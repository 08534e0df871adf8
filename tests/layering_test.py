#!/usr/bin/env python3
"""Reads every #include and every module's links, and fails on one that climbs.

A module includes and links only modules of a lower level. Of another module it includes what is public
(include/espalier) and what that module's CMakeLists.txt EXPORTS, nothing else, and it links whatever it includes. Only
src/train includes or links LibTorch. At the end violations are planted in a copy, each of which must be found.
"""
import fnmatch
import pathlib
import re
import shutil
import sys
import tempfile

LEVELS = {
    "base": 0, "tensor": 0,
    "recipe": 1, "graph": 1, "prune": 1, "data": 1, "store": 1, "kernels": 1,
    "onnx": 2, "models": 2, "surgery": 2, "report": 2, "trees": 2,
    "runtime": 3, "train": 3,
    "lottery": 4, "calibrate": 4,
    "experiment": 6,
    "c_api": 7, "cli": 7,
}
# tensor stands on base, and nothing else crosses a level sideways.
SAME_LEVEL = {("tensor", "base")}
PUBLIC = {  # include/espalier/X.h -> module, where the names differ
    "error": "base", "safetensors": "tensor", "mask": "prune", "weight_form": "tensor", "version": "base", "c": "c_api",
}
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
TORCH_TARGET = re.compile(r"espalier_torch|TORCH_LIBRARIES|\btorch\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
KEYWORDS = {"COLD", "FOLDERS", "EXPORTS", "LINKS", "HIDDEN", "ALONE", "PRECOMPILED", "SOURCES"}


def module_of_include(path):
    parts = path.split("/")
    if parts[0] == "espalier" and len(parts) == 2:
        name = parts[1].removesuffix(".h")
        return PUBLIC.get(name, name)
    return parts[0] if parts[0] in LEVELS else None


def module_of_file(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "include":
        return PUBLIC.get(path.stem, path.stem)
    return parts[1] if parts[0] == "src" else parts[0]


def words_of(call, text):
    """{keyword: words} of the first `call(...)` in a CMake file; {} without one."""
    match = re.search(re.escape(call) + r"[\s)]", text)
    if not match:
        return {}
    body = text[match.end():text.index("\n\n", match.end()) if "\n\n" in text[match.end():] else len(text)]
    body = re.sub(r"#.*", "", body[:body.index(")")] if ")" in body else body)
    found, key = {}, None
    for word in body.split():
        if word in KEYWORDS:
            key = found.setdefault(word, [])
        elif key is not None:
            key.append(word)
    return found


def modules_of(root):
    return {file.parent.name: words_of(f"espalier_module({file.parent.name}", file.read_text())
            for file in sorted((root / "src").glob("*/CMakeLists.txt"))}


def linked(words):
    return {word.removeprefix("espalier_") for word in words.get("LINKS", []) + words.get("HIDDEN", [])
            if word.startswith("espalier_")}


def complaints_of_links(root, modules):
    for module, words in modules.items():
        where = f"src/{module}/CMakeLists.txt"
        if not words:
            yield f"{where}: no espalier_module({module} ...)"
            continue
        for other in sorted(linked(words) - {"torch"}):
            if (module, other) not in SAME_LEVEL and LEVELS.get(other, 99) >= LEVELS[module]:
                yield f"{where}: {module} (level {LEVELS[module]}) links {other}"
        if module != "train" and any(TORCH_TARGET.search(word) for key in ("LINKS", "HIDDEN") for word in words.get(key, [])):
            yield f"{where}: {module} links LibTorch; only train may"
        for pattern in words.get("EXPORTS", []):
            if not list((root / "src" / module).glob(pattern)):
                yield f"{where}: exports {pattern}, which is not there"
    text = (root / "cli" / "CMakeLists.txt").read_text()
    for call in ("add_library(espalier_cli", "espalier_program(espalier verbs"):
        if re.search(r"espalier_(train|lottery|torch)\b", text[text.index(call):].split("\n\n")[0].split("\nif(")[0]):
            yield f"cli/CMakeLists.txt: {call}: what trains is linked by espalier-train alone"


def complaints_of_file(path, root, modules):
    module = module_of_file(path, root)
    if module not in LEVELS:
        yield f"{path.relative_to(root)}: module \"{module}\" has no level"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        where = f"{path.relative_to(root)}:{number}"
        if TORCH.match(match[1]) and module != "train":
            yield f"{where}: {module} includes LibTorch ({match[1]}); only train may"
        other = module_of_include(match[1])
        if other is None or other == module:
            continue
        if (module, other) not in SAME_LEVEL and LEVELS[other] >= LEVELS[module]:
            yield f"{where}: {module} (level {LEVELS[module]}) includes {other} (level {LEVELS[other]})"
        folder, _, header = match[1].partition("/")
        exports = modules.get(other, {}).get("EXPORTS", [])
        if folder != "espalier" and not any(fnmatch.fnmatch(header, pattern) for pattern in exports):
            yield f"{where}: {match[1]} is private: src/{other}/CMakeLists.txt does not export it"
        if path.parts[len(root.parts)] == "src" and other not in linked(modules[module]):
            yield f"{where}: {module} includes {other} and does not link espalier_{other}"


def complaints(root):
    modules = modules_of(root)
    yield from complaints_of_links(root, modules)
    files = [p for top in ("include", "src", "cli") for p in sorted((root / top).rglob("*"))
             if p.suffix in (".h", ".cpp") and not p.name.endswith(("_test.cpp", "_bench.cpp"))]
    if len(files) < 20:
        yield f"{root}: only {len(files)} files found, is this the repository?"
    for path in files:
        yield from complaints_of_file(path, root, modules)


PLANTED = [  # file, line to put first (of a CMakeLists.txt: what to replace, and by what), what must be said
    ("src/graph/graph.cpp", '#include "espalier/onnx.h"', "graph (level 1) includes onnx (level 2)"),
    ("src/runtime/session.cpp", '#include "espalier/store.h"', "does not link espalier_store"),
    ("src/runtime/session.cpp", '#include "graph/computation/einsum.h"', "graph/computation/einsum.h is private"),
    ("src/lottery/stage/stage.cpp", "#include <ATen/ATen.h>", "lottery includes LibTorch"),
    ("src/graph/CMakeLists.txt", ("LINKS ", "LINKS espalier_runtime "), "graph (level 1) links runtime"),
    ("src/lottery/CMakeLists.txt", ("LINKS ", "LINKS espalier_torch "), "lottery links LibTorch"),
    ("cli/CMakeLists.txt", ("LINKS ", "LINKS espalier_lottery "), "linked by espalier-train alone"),
]


def unfound(root):
    """What is planted in a copy and not found."""
    for name, planted, expected in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for top in ("include", "src", "cli"):
                shutil.copytree(root / top, copy / top)
            file = copy / name
            text = file.read_text()
            file.write_text(text.replace(*planted, 1) if isinstance(planted, tuple) else f"{planted}\n{text}")
            found = list(complaints(copy))
            if not any(expected in complaint for complaint in found):
                yield f"planted in {name}: {planted}; expected \"{expected}\", found {found}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    found = list(complaints(root)) or list(unfound(root))
    print("\n".join(found) or "every include and every link goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
