"""The loops of CKernels alone: what they reach, what the machine would allow, instructions of a value."""

import json
import subprocess

import instructions
from pairs import Row, work

NOTES = """## What a kernel could reach

The table of kernels gives each loop at each level of the processor, on one core and on values in the first
cache, products through panels in the second; and some at the best level on arrays in memory. A loop has
three bounds: the bytes it reads, the bytes it writes and the operations of its numbers, each against
what the processor does of nothing else, measured between the loops. The one that would take longest is
named, and the rate and its share of the peak are of that. Peaks are those of the processor at its best, for
every level; to memory it writes fastest past the caches, which no loop does, and what a loop writes it
reads first. Operations are additions, multiplications, comparisons and roundings; the peak has two in
every fused instruction, and loops that give the same bits at every level fuse none: of those with as many
of each, half of the peak is all. Shifts and permutations are not counted as operations, but are
instructions. `scripts/bench/check-instructions` fails when a loop takes over a tenth more of these.
"""


def measured(program, turns):
    """Peaks and loops, each the best of some runs."""
    peaks, loops = {}, {}
    for _ in range(turns):
        lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        for record in map(json.loads, lines.splitlines()):
            if "peak" in record:
                known, key, rate = peaks, record["peak"], "rate"
            else:
                known, key, rate = loops, (
                    record["name"], record["level"], record["in_memory"]), "values_per_s"
            if key not in known or record[rate] > known[key][rate]:
                known[key] = record
    return peaks, loops


def bound(loop, peaks):
    """What limits a loop, the units of it that a value takes, and the least seconds of 10⁹ values."""
    if loop["in_memory"]:
        amounts = {"memory read": loop["read"], "memory written": loop["written"]}
    else:
        amounts = {"loads": loop["read"], "stores": loop["written"], loop["limit"]: loop["operations"]}
    least = [(amount / peaks[name]["rate"], name, amount) for name, amount in amounts.items()
             if amount and name in peaks]
    if not least:
        return None
    seconds, name, amount = max(least)
    return name, amount, seconds


@work("kernels")
def kernels(bench):
    program = instructions.build(bench.folder)
    counts = instructions.counted(program, with_slow=not bench.quick) or {}
    peaks, loops = measured(program, 1 if bench.quick else 3)

    def row(name, level, **cells):
        columns = ("values", "rate", "unit", "share", "peak", "count")
        titles = ("G values/s", "rate", "unit", "share", "of the peak of", "instructions a value")
        return Row("Kernels", f"{name}, {level}" if level else name, {
            "kernel": name, "level": level,
            **{title: cells.get(column) for title, column in zip(titles, columns)}})
    for peak in peaks.values():
        yield row(f"peak: {peak['peak']}", "", rate=peak["rate"], unit=peak["unit"])
    for loop in loops.values():
        name, values = loop["name"], loop["values_per_s"] / 1e9
        count = None if loop["in_memory"] else counts.get(name, {}).get(loop["level"])
        level = loop["level"] + (", memory" if loop["in_memory"] else "")
        if not (found := bound(loop, peaks)):
            yield row(name, level, values=values, count=count)
            continue
        limit, amount, seconds = found
        yield row(
            name, level, values=values, rate=values * amount,
            unit=peaks[limit]["unit"], share=f"{values * seconds:.0%}", peak=limit, count=count)
