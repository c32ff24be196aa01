"""The loops of CKernels alone: GB/s of bf16 in the first cache, and instructions for each value.

Instructions do not depend on who else is on the machine: a loop that got slower shows there. They are
counted by callgrind, which knows AVX2 and not AVX-512.
"""

import json
import pathlib
import re
import shutil
import subprocess

from pairs import ROOT, Pair, work

COUNT = 4096  # values of a call, as in kernels.c
LEVELS = {"scalar": 0, "avx2": 1}


def build(bench):
    program = bench.folder / "kernels"
    sources = ROOT / "Sources/CKernels"
    subprocess.run(
        ["clang", "-O2", "-I", sources / "include", "-I", sources,
         pathlib.Path(__file__).parent / "kernels.c", *sorted(sources.glob("*.c")), "-lm", "-o", program],
        check=True)
    return program


def instructions(bench, program, name, level):
    """Of one value: the difference of eleven calls and one, so that the rest of the program is out."""
    counts = []
    for calls in (1, 11):
        said = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={bench.folder}/callgrind.out",
             program, str(LEVELS[level]), name, str(calls)],
            check=True, capture_output=True, text=True).stderr
        counts.append(int(re.search(r"Collected : (\d+)", said)[1]))
    return (counts[1] - counts[0]) / 10 / COUNT


@work("kernels")
def kernels(bench):
    program = build(bench)
    figures = {}

    def measure():
        """Every loop at once: what the pairs below read."""
        lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        for record in map(json.loads, lines.splitlines()):
            key = record["name"], record["level"]
            figures[key] = max(figures.get(key, 0), record["gb_per_s"])
    for _ in range(1 if bench.quick else 3):
        measure()
    for (name, level), figure in figures.items():
        yield Pair(name=f"{name}, {level}", unit="GB/s", ours=lambda figure=figure: figure)
        if shutil.which("valgrind") and level in LEVELS and not (bench.quick and level == "scalar"):
            count = instructions(bench, program, name, level)
            yield Pair(
                name=f"{name}, {level}, instructions", unit="of a value", less_is_better=True,
                ours=lambda count=count: count)
