"""How the time and the memory of quantizing grow with the checkpoint and with the threads."""

import json
import subprocess

from pairs import Pair, work
from work_bundles import quantize, recipe

NOTES = """## What quantizing costs, and where

A gigabyte of bf16 that is quantized to int8 costs, in seconds of one core of the machine above (`perf
record -e cpu-clock`, cached source, a file of 1.1 GB of which two thirds are written):

| part | s | of all | without digests |
|---|---|---|---|
| SHA-256 of the source | 0.45 | 54% | |
| reading it for the digest | 0.04 | 5% | |
| reading it for the codes | 0.07 | 8% | 19% |
| decoding and encoding (int4 in groups of 64: absmax 0.3, MSE 2) | 0.10 | 12% | 29% |
| CRC-32 of the output | 0.04 | 5% | 12% |
| writing: the copy to the cache, finding pages | 0.09 | 11% | 26% |
| bidding the disk to begin, so that the last fsync takes 1 to 5 ms | 0.04 | 5% | 11% |
| clearing memory, locks, headers, the rest | 0.01 | 1% | 3% |
| in all | 0.84 | | 0.35 |

All of it is spread over all cores but the digest, which is one stream for each file. With its reading, and
with the other core at work beside it, that stream takes 0.55 s of the clock: 1.8 GB/s, and one file cannot
be quantized faster while its digest is recorded. stable-diffusion.cpp, which digests nothing, does 0.44 GB/s here, so 1.8 / 0.44 = 4.1 times
that is the bound of a single file, whatever is done to the rest. `--no-source-digests` leaves the digest
out, as the peer does, and what remains is the disk.

So the time is, on n cores, with f files (shards) of s bytes in all and the largest of l bytes,

    max(l / 1.8 GB/s, s × the sum above / n, s / speed of the disk, output / speed of its writes)

where the first term falls without digests. Memory does not grow with s: it is 23 MB and 4 bytes for each
value of a block, half a million, for each thread. On 64 cores the digest of the largest shard is what
remains, 2.8 s for one of 5 GB, and with seven shards, as 32B in bf16 has, the source's disk: 7 GB/s of an
NVMe drive are 9 s. A cluster gains by giving machines components or models; of one file the digest stays
one stream.

GGUF files digest nothing. A gigabyte to Q8_0 takes 0.7 s of a core, two fifths of it for reading output and
source back and comparing every weight, which the peer does not do.

`--compress` adds 0.9 s of zstd to each gigabyte of bf16. Every core reads, encodes, compresses and writes
blocks of rows; only where a block begins waits for those before it.
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
