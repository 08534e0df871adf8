#!/usr/bin/env python3
"""Runs a program on a processor that this machine does not have, under the emulator Bochs.

    tools/emulate.py --cpu sapphire_rapids -- build/release/bin/kernels_test --gtest_filter='ConvBf16*'

So whatever has a path for AVX-512, VNNI, BF16 or AMX can be tested where there is none of them. The program runs
alone on a small kernel of our own (tools/emulator): libraries are those that ldd names, other files are given by
--file. What it prints is printed, its exit status is this script's. It takes about a hundred times as long as
on the machine, and no times can be measured.

Needs: gcc, grub-pc-bin, xorriso, mtools (GRUB makes the disk), bochsbios, vgabios, and Bochs. Debian 12's
`bochs` knows processors up to tigerlake (AVX-512 with VNNI); AMX and BF16 come with Bochs 2.8, FP16 with 3.0, which
is built by `./configure --enable-cpu-level=6 --enable-x86-64 --enable-avx --enable-evex --enable-amx
--with-nogui && make`.
(Bochs 3.0 takes both operands of AMX's products of bytes as unsigned, in cpu/avx/amx.cc: tests of conv_i8_quads
find that.)
"""

import argparse
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCES = pathlib.Path(__file__).resolve().parent / "emulator"
CONFIGURATION = """cpu: model={cpu}, count=1, ips=100000000, ignore_bad_msrs=1
memory: guest=2048, host=2048
romimage: file={bios}
vgaromimage: file={vga}
ata0-master: type=cdrom, path={folder}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={folder}/serial
log: {folder}/log
panic: action=fatal
error: action=report
info: action=ignore
clock: sync=none
display_library: nogui
"""
MENU = "set timeout=0\nmenuentry test {\nmultiboot /boot/kernel\nmodule /boot/archive\n}\n"
FLAGS = (
    "-O2 -Wall -Wextra -ffreestanding -fno-stack-protector -mno-red-zone -mgeneral-regs-only -fno-pic "
    "-mcmodel=small -fcf-protection=none -fno-tree-loop-distribute-patterns"
).split()


def build_kernel(folder):
    """64-bit code in a file of 32 bits, which is what GRUB starts."""
    whole = folder / "kernel64"
    sources = [str(SOURCES / "boot.S"), *map(str, sorted(SOURCES.glob("*.c")))]
    link = ["-static", "-nostdlib", "-no-pie", f"-Wl,-n,--build-id=none,--no-warn-rwx-segments,-T,{SOURCES / 'link.ld'}"]
    subprocess.run(["gcc", *FLAGS, *sources, *link, "-o", whole], check=True)
    subprocess.run(["objcopy", "-O", "elf32-i386", whole, folder / "iso/boot/kernel"], check=True)


def entry(name, data):
    """One of the archive, as tools/emulator/start.c reads it."""
    name = name.encode()
    fill = bytes(-len(name) % 16), bytes(-len(data) % 16)
    return struct.pack("<QQ", len(name), len(data)) + name + fill[0] + data + fill[1]


def words(arguments, program):
    variables = ["OMP_WAIT_POLICY=PASSIVE", *arguments.env]  # nothing interrupts a thread that spins
    texts = [os.getcwd(), program, *arguments.command[1:], *variables]
    counts = struct.pack("<QQ", len(arguments.command), len(variables))
    return counts + b"".join(text.encode() + b"\0" for text in texts)


def libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def contents(path, scratch):
    """Programs and libraries without their symbols, which nobody reads there."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"\x7fELF"):
        return data
    shutil.copy(path, scratch)
    subprocess.run(["strip", "--strip-unneeded", scratch], check=False, capture_output=True)
    return scratch.read_bytes()


def make_disk(folder, arguments):
    boot = folder / "iso/boot"
    (boot / "grub").mkdir(parents=True)
    program = os.path.abspath(arguments.command[0])
    with open(boot / "archive", "wb") as archive:
        archive.write(entry("words", words(arguments, program)))
        for path in [program, *libraries(program), *map(os.path.abspath, arguments.file)]:
            archive.write(entry(path, contents(path, folder / "stripped")))
        archive.write(bytes(32))
    build_kernel(folder)
    (boot / "grub/grub.cfg").write_text(MENU)
    subprocess.run(
        ["grub-mkrescue", "-o", folder / "boot.iso", folder / "iso"], check=True, capture_output=True
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu", default="sapphire_rapids", help="one of `bochs --help cpu` (%(default)s)")
    parser.add_argument("--file", action="append", default=[], help="a file that the program reads")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--timeout", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--bochs", default="bochs", help="the emulator (%(default)s)")
    parser.add_argument("--bios", default="/usr/share/bochs/BIOS-bochs-latest")
    parser.add_argument("--vga", default="/usr/share/bochs/VGABIOS-lgpl-latest")
    parser.add_argument("command", nargs="+", help="the program and its arguments, behind --")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        make_disk(folder, arguments)
        configuration = CONFIGURATION.format(
            cpu=arguments.cpu, bios=arguments.bios, vga=arguments.vga, folder=folder
        )
        (folder / "bochsrc").write_text(configuration)
        try:
            subprocess.run(
                [arguments.bochs, "-q", "-f", folder / "bochsrc"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=arguments.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            print(f"it did not end within {arguments.timeout:g} s", file=sys.stderr)
        serial = folder / "serial"
        text = serial.read_text(errors="replace") if serial.exists() else ""
    status = re.search(r"\nexit status (\d+)\n", text)
    sys.stdout.write(text[: status.start()] if status else text)
    return int(status.group(1)) if status else 125


if __name__ == "__main__":
    sys.exit(main())
