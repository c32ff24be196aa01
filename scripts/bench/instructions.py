"""How many instructions a value takes in every loop of CKernels, counted and compared.

They depend on the sources and the compiler, not on who else is on the machine nor on how fast it is: a
loop that got slower shows there.
"""

import json
import pathlib
import subprocess

import ckernels

BASELINE = pathlib.Path(__file__).parent / "instructions.json"
# A count above the baseline's by a larger share is a finding.
TOLERANCE = 0.1


def build(folder):
    """The program `kernels`."""
    return ckernels.link(folder, "kernels", (pathlib.Path(__file__).parent / "kernels").glob("*.c"))


def counted(program, with_slow=False):
    """Instructions of a value by loop and level; None where they cannot be counted.

    The levels are those of this processor. Loops that take a second and more to be counted are so at the
    best of them only; `with_slow` at all.
    """
    process = subprocess.run(
        [program, "instructions", *(["all"] if with_slow else [])], capture_output=True, text=True)
    if process.returncode == 69:
        return None
    process.check_returncode()
    found = {}
    for record in map(json.loads, process.stdout.splitlines()):
        found.setdefault(record["name"], {})[record["level"]] = record["instructions"]
    return found


def differences(baseline, found):
    """What got worse, and what got better, each in a sentence."""
    worse, better = [], []
    for name in sorted({*baseline, *found}):
        if name not in found:
            worse.append(f"{name}: in the baseline, but not counted")
            continue
        for level, count in found[name].items():
            before = baseline.get(name, {}).get(level)
            if before is None:
                worse.append(f"{name}, {level}: not in the baseline")
            elif count > before * (1 + TOLERANCE):
                worse.append(f"{name}, {level}: {count:.4g} instructions a value, before {before:.4g}")
            elif count < before * (1 - TOLERANCE):
                better.append(f"{name}, {level}: {count:.4g} instructions a value, before {before:.4g}")
    return worse, better
