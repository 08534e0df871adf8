#!/usr/bin/env python3
"""Installs a build, moves what was installed, and builds and runs a project that uses it.

consumer_test.py installed|sources SOURCE BUILD
  installed  find_package, shared and static, and pkg-config
  sources    FetchContent of the source folder (minutes), and what it installs in lib64; add_subdirectory, configured only,
             as FetchContent ends in it
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent


def run(*command, **more):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def check_commands(build, source):
    """No flag or folder of ours but include/espalier reaches who uses the library."""
    commands = [c for c in json.loads((build / "compile_commands.json").read_text())
                if pathlib.Path(c["file"]).parent == FOLDER]
    assert len(commands) == 2, commands
    for entry in commands:
        command = entry["command"]
        for foreign in (f"{source}/src", "-fno-math-errno", "-fvisibility", "-fopenmp", "-Wno-"):
            assert foreign not in command, f"{foreign} in {command}"


def build_and_run(work, *options, environment=None):
    build = work / "build"
    run("cmake", "-S", FOLDER, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *options)
    run("cmake", "--build", build, "--target", "consumer", "consumer_c")
    programs = {name: next(path for path in build.rglob(name) if path.is_file()) for name in ("consumer", "consumer_c")}
    said = run(programs["consumer"], work / "model.onnx", env=environment)
    assert "lenet-300-100" in said, said
    assert "fc1" in run(programs["consumer_c"], work / "model.onnx", env=environment)
    return build


def install(build, prefix):
    run("cmake", "--install", build, "--prefix", prefix / "first")
    moved = prefix / "moved"
    (prefix / "first").rename(moved)
    headers = sorted(path.relative_to(moved / "include") for path in (moved / "include").rglob("*") if path.is_file())
    assert all(header.parts[0] == "espalier" for header in headers), headers
    for file in moved.rglob("*"):
        if file.suffix in (".cmake", ".pc"):
            assert str(prefix) not in file.read_text() and str(build) not in file.read_text(), file
    return moved


def installed(source, build, work):
    prefix = install(build, work)
    library = next(prefix.rglob("libespalier.so")).parent
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library)}
    for shared in ("ON", "OFF"):
        folder = work / f"shared-{shared}"
        folder.mkdir()
        made = build_and_run(folder, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DBUILD_SHARED_LIBS={shared}")
        check_commands(made, source)
        needs = run("ldd", made / "consumer_c")
        assert ("libespalier.so" in needs) == (shared == "ON"), needs
    with_pc = {**environment, "PKG_CONFIG_PATH": str(library / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "espalier", env=with_pc).split()
    run("cc", FOLDER / "consumer.c", "-o", work / "plain", *flags)
    assert "fc1" in run(work / "plain", work / "shared-ON" / "model.onnx", env=environment)
    missing = work / "missing"
    missing.mkdir()
    (missing / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(p)\nfind_package(Espalier CONFIG REQUIRED COMPONENTS prunne)\n")
    refused = subprocess.run(["cmake", "-S", missing, "-B", missing / "b", f"-DCMAKE_PREFIX_PATH={prefix}"],
                             capture_output=True, text=True)
    assert refused.returncode != 0 and '"prunne" is not there' in refused.stderr, refused.stderr


def sources(source, build, work):
    made = build_and_run(work, f"-DESPALIER_SOURCE={source}", "-DESPALIER_INSTALL=ON", "-DCMAKE_INSTALL_LIBDIR=lib64")
    check_commands(made, source)
    run("cmake", "--build", made)
    prefix = install(made, work)
    assert (prefix / "lib64/libespalier.so").exists(), sorted(prefix.rglob("*"))
    again = work / "again"
    again.mkdir()
    # Debian's CMake does not look for lib64, where other distributions have their libraries.
    build_and_run(again, f"-DEspalier_DIR={prefix}/lib64/cmake/Espalier")
    run("cmake", "-S", FOLDER, "-B", work / "subdirectory", "-G", "Ninja", f"-DESPALIER_SUBDIRECTORY={source}")


def main():
    what, source, build = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=build) as work:  # beside the build, where ccache knows the paths
        {"installed": installed, "sources": sources}[what](source, build, pathlib.Path(work))
    print("found, built and run")


if __name__ == "__main__":
    main()
