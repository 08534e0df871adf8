#!/usr/bin/env python3
"""The library exports the C functions of the list, with their version, and of C++ nothing but espalier's own.

A function of the list stays: programs that were linked with it ask for it by name and version.
"""
import re
import subprocess
import sys


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    return [line.split()[-1].replace("@@", "@") for line in lines if line.split()[1] != "A"]


def main():
    library, listed, header = sys.argv[1:]
    symbols = exported(library)
    c = sorted(s for s in symbols if s.startswith("espalier_"))
    with open(listed) as file:
        expected = sorted(file.read().split())
    assert c == expected, f"exported {sorted(set(c) - set(expected))}, missing {sorted(set(expected) - set(c))}"
    with open(header) as file:
        declared = set(re.findall(r"\b(espalier_\w+)\(", re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)))
    assert declared == {s.split("@")[0] for s in expected}, declared ^ {s.split("@")[0] for s in expected}
    foreign = [s for s in symbols if not s.startswith("espalier_") and "8espalier" not in s]
    assert not foreign, foreign[:20]
    private = [s for s in symbols if re.search(r"8espalier(4base|7kernels|9surgery_|5graph_)", s)]
    assert not private, private[:20]
    assert len(symbols) > 200, f"only {len(symbols)} symbols: is C++ exported?"
    print(f"{len(c)} C functions, {len(symbols) - len(c)} symbols of C++")


if __name__ == "__main__":
    main()
