"""How the time and the memory of quantizing grow with the checkpoint and with the threads."""

import json
import subprocess

from pairs import Pair, work
from work_bundles import quantize, recipe

NOTES = """## What quantizing costs, and where

A gigabyte of bf16 that is quantized costs, in seconds of one core of the machine above (profiled, cached
source, int8): SHA-256 of the source 0.55, reading it for the digest and for the codes 0.2, CRC-32 of the
output 0.03, decoding and encoding 0.08 (int4 in groups of 64: absmax 0.3, MSE 2), writing half of it 0.2
to 0.4, by how fast the system finds pages. All of it is spread over all cores but the digest, which is
one stream for each file.

So the time is, on n cores, with f files (shards) of s bytes in all and the largest of l bytes,

    max(l / 1.8 GB/s, s × the sum above / n, s / speed of the disk, output / speed of its writes)

and memory does not grow with s: it is 23 MB and 4 bytes for each value of a block, half a million, for
each thread. One thread and two are bound by the sum, so a second core halves the time until the digest of
a file alone fills one: at int8 that is at 1.8 GB/s of a file. On 64 cores the digest of the largest
shard is what remains, 2.8 s for one of 5 GB, and
with seven shards, as 32B in bf16 has, the source's disk: 7 GB/s of an NVMe drive are 9 s. A cluster
gains by giving machines components or models; of one file the digest stays one stream.
"""


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
