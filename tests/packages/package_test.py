#!/usr/bin/env python3
"""What `./dev package` made, tried as a user would: package_test.py SOURCE DIST

Wheels, source archive and Debian packages by what they hold. The wheel in a fresh environment with the README's Python
example, and training without and with the trainer's wheel. Debian's package in a prefix of its own and, where there is
debootstrap and it may be run, in a bare root of Debian 12 beside the wheel: the program, the C and C++ programs of the
README and of docs/embedding.md, the completions, the trainer's package.
"""
import contextlib
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
TRAINING = pathlib.Path(__file__).with_name("training.py").resolve()


def run(*command, **more):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


def only(folder, pattern):
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, f"{folder}/{pattern}: {found}"
    return found[0]


def example(source, language, page="README.md"):
    """The first code block of that language on the page."""
    return re.search(rf"```{language}\n(.*?)```", (source / page).read_text(), re.S)[1]


def check_wheel(wheel):
    assert wheel.stat().st_size <= MOST_BYTES, f"{wheel.name}: {wheel.stat().st_size} bytes"
    assert "manylinux" in wheel.name, wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for expected in ("espalier/__init__.py", "espalier/_core.pyi", "espalier/py.typed", "espalier/bin/espalier"):
        assert expected in names, f"{wheel.name} has no {expected}"
    licences = {name.rsplit("/", 1)[1] for name in names if ".dist-info/licenses/" in name}
    for compiled_in in ("LICENSE", "nanobind", "libjs-chart.js", "nlohmann-json3-dev", "libcli11-dev"):
        assert compiled_in in licences, f"{wheel.name} has licences {licences}"
    bundled = [name for name in names if name.startswith("espalier.libs/")]
    assert len(licences) > 5 and bundled, f"{wheel.name}: {len(bundled)} bundled libraries, licences {licences}"
    for name in names:
        top = name.split("/")[0]
        assert top in ("espalier", "espalier.libs") or top.endswith(".dist-info"), f"{wheel.name} holds {name}"


def check_trainer(trainer, wheel):
    """The program alone, for the LibTorch that is there, and of the version of the package."""
    archive = zipfile.ZipFile(trainer)
    version = wheel.name.split("-")[1]
    names = archive.namelist()
    expected = [f"espalier_train-{version}.data/scripts/espalier-train"]
    assert [name for name in names if ".dist-info/" not in name] == expected, names
    assert any(name.endswith("licenses/LICENSE") for name in names), names
    metadata = archive.read(f"espalier_train-{version}.dist-info/METADATA").decode()
    assert f"Requires-Dist: espalier=={version}" in metadata, metadata


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
    return python, environment


def try_trainer(trainer, python, environment, work):
    """With the wheel alone training says what is missing; with the trainer's it trains, in an environment not activated too."""
    alone = {**environment, "PATH": "/nowhere"}
    missing = subprocess.run([python, TRAINING], cwd=work, env=alone, capture_output=True, text=True)
    assert missing.returncode != 0 and "espalier.errors.Unsupported: espalier-train" in missing.stderr, missing.stderr
    run(python, "-m", "pip", "install", "-q", "--no-index", trainer)
    said = run(python, TRAINING, cwd=work, env={"PATH": "/usr/bin:/bin"})
    assert said.startswith(f"{python.parent}/espalier-train"), said
    assert '"optimizers"' in run(python.parent / "espalier", "list", "--json", env={"PATH": "/usr/bin:/bin"})
    print(f"with the trainer's wheel: {said.strip()}")


def check_archive(archive, work):
    names = [name.partition("/")[2] for name in tarfile.open(archive).getnames()]
    for expected in ("CMakeLists.txt", "pyproject.toml", "LICENSE", "README.md", "src/CMakeLists.txt",
                     "include/espalier/c.h", "python/espalier/__init__.py", "cmake/Library.cmake"):
        assert expected in names, f"{archive.name} has no {expected}"
    assert not [name for name in names if name.startswith(("build/", "tests/", ".git/", "runs/"))]
    run("tar", "-xf", archive, "-C", work)
    run("cmake", "-S", only(work, "espalier-*"), "-B", work / "configured", "-G", "Ninja", "-DESPALIER_TRAIN=OFF",
        "-DESPALIER_TESTS=OFF", "-DESPALIER_INSTALL=OFF")


def check_package(package, trainer):
    names = run("dpkg-deb", "-c", package)
    for expected in ("usr/bin/espalier", "/libespalier.so.0.1", "/libespalier.a", "include/espalier/c.h",
                     "include/espalier/runtime.h", "EspalierConfig.cmake", "espalier.pc", "man/man1/espalier-prune.1",
                     "bash-completion/completions/espalier", "vendor-completions/_espalier", "espalier.fish",
                     "doc/espalier/pruning.md", "doc/espalier/copyright"):
        assert expected in names, f"{package.name} has no {expected}"
    needs = run("dpkg-deb", "-f", package, "Depends")
    assert "libdnnl" in needs and "torch" not in needs, needs
    names = run("dpkg-deb", "-c", trainer)
    assert "usr/bin/espalier-train" in names and "doc/espalier-train/copyright" in names, names
    assert "libtorch" in run("dpkg-deb", "-f", trainer, "Depends")
    for each in (package, trainer):
        maintainer = run("dpkg-deb", "-f", each, "Maintainer").strip()
        assert re.fullmatch(r"[\w ]+ <[\w.]+@[\w.]+\.\w+>", maintainer), maintainer


PROGRAMS = """set -e
cd {folder}
for program in writes reads; do
    c++ -std=c++20 $program.cpp $(pkg-config --cflags --libs espalier) -o $program
    ./$program
done
cc reads.c $(pkg-config --cflags --libs espalier) -o reads_c
./reads_c
espalier list criteria | grep -q magnitude
espalier inspect model.onnx | grep -q fc1
echo "two programs of C++ and one of C ran"
"""


def write_programs(source, folder):
    """The one of docs/embedding.md writes the model.onnx that the others read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "writes.cpp").write_text(example(source, "cpp", "docs/embedding.md"))
    (folder / "reads.cpp").write_text(example(source, "cpp"))
    (folder / "reads.c").write_text(example(source, "c", "docs/embedding.md"))


def bare_root(work):
    """Debian 12 and nothing else, but apt's own settings, where a mirror or a proxy may be named."""
    root = work / "root"
    run("debootstrap", "--variant=minbase", "bookworm", root, DEBIAN)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    shutil.copytree("/etc/apt/apt.conf.d", root / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    return root


@contextlib.contextmanager
def proc_in(root):
    """The trainer starts workers of itself, and asks /proc what it is."""
    run("mount", "-t", "proc", "proc", root / "proc")
    try:
        yield
    finally:
        run("umount", root / "proc")


def try_in_bare_root(source, package, trainer, wheel, work):
    root = bare_root(work)
    tried = root / "tmp/try"
    write_programs(source, tried)
    (tried / "example.py").write_text(example(source, "python"))
    for file in (package, trainer, wheel, TRAINING):
        shutil.copy(file, tried)
    run(sys.executable, "-m", "pip", "download", "-q", "--python-version", "3.11", "--only-binary", ":all:", "-d", tried, "numpy")

    def inside(script):
        return run("chroot", root, "sh", "-ec", f"cd /tmp/try\n{script}", env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})

    def install(*packages):
        inside(f"apt-get install -y -qq --no-install-recommends {' '.join(packages)}")

    inside("apt-get update -qq")
    install("python3-venv")
    inside(f"python3 -m venv venv && venv/bin/pip install -q --no-index --find-links . {wheel.name}")
    inside("""venv/bin/python -c "import espalier; espalier.model('lenet-300-100').save('model.onnx')" """)
    print("bare root, README's Python example:", inside("venv/bin/python example.py").strip().splitlines()[-1])
    install(f"./{package.name}", "g++", "pkg-config")
    print("bare root, package:", inside(PROGRAMS.format(folder=".")).strip().splitlines()[-1])
    install(f"./{trainer.name}")
    with proc_in(root):
        print("bare root, trainer's package:", inside(f"venv/bin/python {TRAINING.name}").strip())


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
    wheel, archive, package = only(dist, "espalier-*.whl"), only(dist, "espalier-*.tar.gz"), only(dist, "espalier_*.deb")
    trainer_wheel, trainer = only(dist, "espalier_train-*.whl"), only(dist, "espalier-train_*.deb")
    check_wheel(wheel)
    check_trainer(trainer_wheel, wheel)
    check_package(package, trainer)
    with tempfile.TemporaryDirectory() as work:
        check_archive(archive, pathlib.Path(work))
        python, environment = try_wheel(source, wheel, pathlib.Path(work))
        try_trainer(trainer_wheel, python, environment, pathlib.Path(work))
        try_in_prefix(source, package, pathlib.Path(work))
        if shutil.which("debootstrap") and os.geteuid() == 0:
            try_in_bare_root(source, package, trainer, wheel, pathlib.Path(work))
    print(f"{wheel.name} {wheel.stat().st_size / 1e6:.1f} MB, {package.name} {package.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
