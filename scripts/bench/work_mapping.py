"""How long it takes until the weights of klein 4B can be used: a bundle of 4.1 GB, in the page cache.

Nothing of a mapped file is copied or read before it is touched: the time does not grow with its bytes.
"""

import json
import os
import subprocess
import time

import forward_files
from pairs import Pair, cached, work


@work("mapping")
def mapping(bench):
    bundle = forward_files.bundle(bench, forward_files.checkpoint(bench), "int8") if bench.quick \
        else forward_files.whole_bundle(bench)
    cached(bundle)
    title = f"{os.path.getsize(bundle) / 1e9:.1f} GB bundle"

    def listed():
        start = time.perf_counter()
        bench.seconds("mmdit-bundle", "list", bundle)
        return 1e3 * (time.perf_counter() - start)

    def mapped():
        said = subprocess.run(
            [bench.binaries / "bench-forward", "map", bundle], check=True, capture_output=True, text=True)
        return 1e3 * json.loads(said.stdout)["seconds"]
    yield Pair(name=f"{title}, opened and listed by a new process", unit="ms", ours=listed, target=50,
               less_is_better=True)
    yield Pair(name=f"{title}, opened and mapped inside a process, each segment's first byte read",
               unit="ms", ours=mapped, target=50, less_is_better=True)
