#!/usr/bin/env python3
"""What `./dev package` made, tried as a user would: package_test.py SOURCE DIST

The wheel and the source archive by what they hold, the wheel in a fresh environment with the README's Python example. The
Debian package by what it holds, then in a bare root of Debian 12 (debootstrap, as root) or else in a prefix of its own:
the program, the README's C and C++ programs, the completions.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

MOST_BYTES = 25 * 1000 * 1000
# What every manylinux system has (PEP 600); all else has to be in the wheel.
EVERYWHERE = re.compile(r"(ld-linux-.*|lib(c|m|z|dl|rt|pthread|gcc_s|stdc\+\+))\.so\.\d+")
DEBIAN = "http://deb.debian.org/debian"


def run(*command, **more):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def only(folder, pattern):
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, f"{folder}/{pattern}: {found}"
    return found[0]


def example(source, language):
    """The first code block of that language in the README."""
    return re.search(rf"```{language}\n(.*?)```", (source / "README.md").read_text(), re.S)[1]


def check_wheel(wheel):
    assert wheel.stat().st_size <= MOST_BYTES, f"{wheel.name}: {wheel.stat().st_size} bytes"
    assert "manylinux" in wheel.name, wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for expected in ("espalier/__init__.py", "espalier/_core.pyi", "espalier/py.typed", "espalier/bin/espalier"):
        assert expected in names, f"{wheel.name} has no {expected}"
    licences = [name for name in names if ".dist-info/licenses/" in name]
    bundled = [name for name in names if name.startswith("espalier.libs/")]
    assert len(licences) > 1 and bundled, f"{wheel.name}: {len(bundled)} bundled libraries, licences {licences}"
    for name in names:
        top = name.split("/")[0]
        assert top in ("espalier", "espalier.libs") or top.endswith(".dist-info"), f"{wheel.name} holds {name}"


def try_wheel(source, wheel, work):
    venv = work / "venv"
    run(sys.executable, "-m", "venv", venv)
    python = venv / "bin/python"
    run(python, "-m", "pip", "install", "-q", wheel)
    environment = {"PATH": f"{venv}/bin:/usr/bin:/bin"}
    said = run(venv / "bin/espalier", "--version", cwd=work, env=environment)
    assert said.startswith("espalier "), said
    packages = only(venv, "lib/python3*/site-packages")
    for binary in [only(packages, "espalier/_core*.so"), packages / "espalier/bin/espalier"]:
        for line in run("ldd", binary, env=environment).splitlines():
            name, _, path = line.strip().partition(" => ")
            name = name.split()[0].rsplit("/", 1)[-1]
            inside = path.split(" ")[0].startswith(str(venv))
            assert inside or EVERYWHERE.fullmatch(name) or name.startswith("linux-vdso"), f"{binary.name} needs {line}"
    run(python, "-c", "import espalier; espalier.model('lenet-300-100').save('model.onnx')", cwd=work, env=environment)
    said = run(python, "-c", example(source, "python"), cwd=work, env=environment)
    print(f"README's Python example: {said.strip()}")


def check_archive(archive, work):
    names = [name.partition("/")[2] for name in tarfile.open(archive).getnames()]
    for expected in ("CMakeLists.txt", "pyproject.toml", "LICENSE", "README.md", "src/CMakeLists.txt",
                     "include/espalier/c.h", "python/espalier/__init__.py", "cmake/Library.cmake"):
        assert expected in names, f"{archive.name} has no {expected}"
    assert not [name for name in names if name.startswith(("build/", "tests/", ".git/", "runs/"))]
    run("tar", "-xf", archive, "-C", work)
    run("cmake", "-S", only(work, "espalier-*"), "-B", work / "configured", "-G", "Ninja", "-DESPALIER_TRAIN=OFF",
        "-DESPALIER_TESTS=OFF", "-DESPALIER_INSTALL=OFF")


def check_package(package):
    names = run("dpkg-deb", "-c", package)
    for expected in ("usr/bin/espalier", "/libespalier.so.0.1", "/libespalier.a", "include/espalier/c.h",
                     "include/espalier/runtime.h", "EspalierConfig.cmake", "espalier.pc", "man/man1/espalier-prune.1",
                     "bash-completion/completions/espalier", "vendor-completions/_espalier", "espalier.fish",
                     "doc/espalier/pruning.md", "doc/espalier/copyright"):
        assert expected in names, f"{package.name} has no {expected}"
    needs = run("dpkg-deb", "-f", package, "Depends")
    assert "libdnnl" in needs and "torch" not in needs, needs


PROGRAMS = """set -e
cd {folder}
c++ -std=c++20 example.cpp $(pkg-config --cflags --libs espalier) -o example_cpp
cc example.c $(pkg-config --cflags --libs espalier) -o example_c
espalier list criteria | grep -q magnitude
./example_cpp model.onnx
./example_c model.onnx
espalier inspect model.onnx | grep -q fc1
"""


def write_programs(source, folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "tests/consumer/consumer.cpp", folder / "example.cpp")
    shutil.copy(source / "tests/consumer/consumer.c", folder / "example.c")


def bare_root(work):
    """Debian 12 and nothing else, but apt's own settings, where a mirror or a proxy may be named."""
    root = work / "root"
    run("debootstrap", "--variant=minbase", "bookworm", root, DEBIAN)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    shutil.copytree("/etc/apt/apt.conf.d", root / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    return root


def try_in_bare_root(source, package, wheel, work):
    root = bare_root(work)
    tried = root / "tmp/try"
    write_programs(source, tried)
    (tried / "example.py").write_text(example(source, "python"))
    shutil.copy(package, tried)
    shutil.copy(wheel, tried)
    run(sys.executable, "-m", "pip", "download", "-q", "--python-version", "3.11", "--only-binary", ":all:", "-d", tried, "numpy")

    def inside(script):
        return run("chroot", root, "sh", "-ec", f"cd /tmp/try\n{script}", env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})

    inside("apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv")
    inside(f"python3 -m venv venv && venv/bin/pip install -q --no-index --find-links . {wheel.name}")
    inside("""venv/bin/python -c "import espalier; espalier.model('lenet-300-100').save('model.onnx')" """)
    print("bare root, README's Python example:", inside("venv/bin/python example.py").strip().splitlines()[-1])
    inside(f"apt-get install -y -qq --no-install-recommends ./{package.name} g++ pkg-config")
    print("bare root, package:", inside(PROGRAMS.format(folder=".")).strip().splitlines()[-1])


def try_in_prefix(source, package, work):
    prefix = work / "prefix"
    run("dpkg-deb", "-x", package, prefix)
    write_programs(source, work / "try")
    library = only(prefix, "usr/lib/*/libespalier.so").parent
    environment = {**os.environ, "PATH": f"{prefix}/usr/bin:{os.environ['PATH']}", "LD_LIBRARY_PATH": str(library),
                   "PKG_CONFIG_PATH": f"{library}/pkgconfig"}
    for shell, file in (("bash", "bash-completion/completions/espalier"), ("zsh", "zsh/vendor-completions/_espalier"),
                        ("fish", "fish/vendor_completions.d/espalier.fish")):
        if shutil.which(shell):
            run(shell, "-n", prefix / "usr/share" / file)
    return run("sh", "-c", PROGRAMS.format(folder=work / "try"), env=environment)


def main():
    source, dist = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    wheel, archive, package = only(dist, "*.whl"), only(dist, "espalier-*.tar.gz"), only(dist, "espalier_*.deb")
    check_wheel(wheel)
    check_package(package)
    with tempfile.TemporaryDirectory() as work:
        check_archive(archive, pathlib.Path(work))
        try_wheel(source, wheel, pathlib.Path(work))
        try_in_prefix(source, package, pathlib.Path(work))
        if shutil.which("debootstrap") and os.geteuid() == 0:
            try_in_bare_root(source, package, wheel, pathlib.Path(work))
    print(f"{wheel.name} {wheel.stat().st_size / 1e6:.1f} MB, {package.name} {package.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
