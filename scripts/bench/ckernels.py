"""The loops of Sources/CKernels for programs and libraries of this folder, built as in a release build."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources/CKernels"
FLAGS = ("-O2", "-fPIC", "-fno-omit-frame-pointer")


def compiler():
    """The clang of the Swift that builds the tools."""
    return shutil.which("clang") or str(
        pathlib.Path(shutil.which("swift") or "swift").resolve().parent / "clang")


def compiler_version():
    said = subprocess.run([compiler(), "--version"], check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0]


def link(folder, name, sources, *flags):
    """A file of that name from the loops and other sources, all of them compiled at once."""
    made = pathlib.Path(folder) / f"{name}-objects"
    made.mkdir()

    def compiled(source):
        target = made / f"{source.parent.name}-{source.stem}.o"
        subprocess.run(
            [compiler(), *FLAGS, f"-I{SOURCES}/include", f"-I{source.parent}", "-c", source, "-o", target],
            check=True)
        return target
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, [*SOURCES.glob("*.c"), *sources]))
    target = pathlib.Path(folder) / name
    subprocess.run([compiler(), *flags, *objects, "-lm", "-o", target], check=True)
    shutil.rmtree(made)
    return target
