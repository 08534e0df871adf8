#!/usr/bin/env python3
"""Reads every #include and fails on one that climbs: a module includes only modules of a lower level, and only
src/train may include LibTorch."""
import pathlib
import re
import sys

LEVELS = {
    "base": 0, "tensor": 0,
    "recipe": 1, "graph": 1, "prune": 1, "data": 1, "store": 1, "kernels": 1,
    "onnx": 2, "models": 2, "surgery": 2, "report": 2,
    "runtime": 3, "train": 3,
    "lottery": 4,
    "cli": 5,
}
# tensor stands on base, and nothing else crosses a level sideways.
SAME_LEVEL = {("tensor", "base")}
PUBLIC = {  # include/espalier/X.h -> module, where the names differ
    "error": "base", "safetensors": "tensor", "mask": "prune",
}
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def module_of_public(name):
    return PUBLIC.get(name, name)


def module_of_include(path):
    parts = path.split("/")
    if parts[0] == "espalier" and len(parts) == 2:
        return module_of_public(parts[1].removesuffix(".h"))
    return parts[0] if parts[0] in LEVELS else None


def module_of_file(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "include":
        return module_of_public(path.stem)
    return parts[1] if parts[0] == "src" else parts[0]


def complaints(root):
    files = [p for top in ("include", "src", "cli") for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cpp")]
    if len(files) < 20:
        yield f"{root}: only {len(files)} files found, is this the repository?"
    for path in files:
        module = module_of_file(path, root)
        if module not in LEVELS:
            yield f"{path}: module \"{module}\" has no level"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where = f"{path.relative_to(root)}:{number}"
            if TORCH.match(match[1]) and module != "train":
                yield f"{where}: {module} includes LibTorch ({match[1]}); only train may"
            other = module_of_include(match[1])
            if other is None or other == module or (module, other) in SAME_LEVEL:
                continue
            if LEVELS[other] >= LEVELS[module]:
                yield f"{where}: {module} (level {LEVELS[module]}) includes {other} (level {LEVELS[other]})"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(complaints(root))
    print("\n".join(found) or "every include goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
