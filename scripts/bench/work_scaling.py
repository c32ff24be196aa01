"""How the time and the memory of quantizing grow with the checkpoint and with the threads."""

import json
import subprocess

from pairs import Pair, work
from work_bundles import quantize, recipe


def megabytes(bench, source, target):
    """The largest resident size of a run, as the tool reports it."""
    target.unlink(missing_ok=True)
    process = subprocess.run(
        [bench.binaries / "mmdit-quantize", source, "--recipe", recipe(bench, "int4 g64 MSE"),
         "--output", target, "--quiet", "--json", "-"],
        check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return json.loads(process.stdout)["peak_memory_bytes"] / 1e6


@work("scaling")
def scaling(bench):
    target = bench.folder / "scaled.mmdit"
    for gigabytes in (0.5,) if bench.quick else (1, 2, 4):
        source = bench.checkpoint(gigabytes)
        for name in ("int8 per channel", "int4 g64 MSE"):
            for threads in (1, 2):
                yield Pair(
                    name=f"bf16 → {name}, {gigabytes} GB, threads: {threads}", unit="GB/s",
                    ours=lambda s=source, n=name, t=threads: quantize(bench, s, n, target, t))
        yield Pair(
            name=f"peak memory of quantizing {gigabytes} GB", unit="MB", less_is_better=True,
            ours=lambda s=source: megabytes(bench, s, target))
