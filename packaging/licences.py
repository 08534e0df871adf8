#!/usr/bin/env python3
"""Puts the licences of the libraries that are in the wheel into it: licences.py WHEEL

A library from a Debian package comes with that package's copyright file, as licenses/PACKAGE in the wheel's dist-info:
those that auditwheel bundled, and those that are compiled in. One that no package owns ends the program: a wheel must not
carry what nobody may pass on.
"""
import importlib.metadata
import pathlib
import re
import subprocess
import sys
import tempfile

MULTIARCH = pathlib.Path("/usr/lib")
COMPILED_IN = ("libcli11-dev", "nlohmann-json3-dev", "libjs-chart.js")


def package_of(bundled):
    """auditwheel's "libdnnl-1f2e3d4c.so.2.6" is libdnnl.so.2.6 of this machine."""
    name = re.sub(r"-[0-9a-f]{8}(?=\.so)", "", bundled)
    for found in sorted(MULTIARCH.rglob(f"{name}*")):
        # What dpkg knows as /lib/... lies in /usr/lib, as /lib is a link to it.
        for path in (found, found.resolve(), pathlib.Path("/", *found.resolve().parts[2:])):
            owner = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
            if owner.returncode == 0:
                return owner.stdout.split(":")[0]
    raise SystemExit(f"{bundled} is of no Debian package: its licence is not known")


def licences_of_nanobind():
    """Its own, and that of robin_map, which it is compiled with: the head of its header."""
    files = {file.name: file for file in importlib.metadata.files("nanobind")}
    head = re.match(r"/\*\*(.*?)\*/", files["robin_map.h"].read_text(), re.S)[1]
    assert "Permission is hereby granted" in head, head
    return files["LICENSE"].read_text() + "\ntsl::robin_map:\n" + re.sub(r"(?m)^ \* ?", "", head)


def main():
    wheel = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        tool = [sys.executable, "-m", "wheel"]
        subprocess.run([*tool, "unpack", "-d", scratch, wheel], check=True, stdout=subprocess.DEVNULL)
        content = next(pathlib.Path(scratch).iterdir())
        licences = next(content.glob("*.dist-info")) / "licenses"
        licences.mkdir(exist_ok=True)
        packages = {package_of(library.name) for library in content.glob("espalier.libs/*.so*")}
        (licences / "nanobind").write_text(licences_of_nanobind())
        for package in sorted(packages.union(COMPILED_IN)):
            (licences / package).write_bytes(pathlib.Path(f"/usr/share/doc/{package}/copyright").read_bytes())
        wheel.unlink()
        subprocess.run([*tool, "pack", "-d", wheel.parent, content], check=True, stdout=subprocess.DEVNULL)
    assert wheel.exists(), f"another name than {wheel.name}"
    print(f"licences of {', '.join(sorted(packages))}")


if __name__ == "__main__":
    main()
