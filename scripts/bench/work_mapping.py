"""How long it takes until the weights of klein 4B can be used: a bundle of 3.9 GB, in the page cache."""

import json
import os
import subprocess
import time

import forward_files
from pairs import Pair, work
from work_forward import own


@work("mapping")
def mapping(bench):
    bundle = forward_files.bundle(bench, forward_files.checkpoint(bench), "int8") if bench.quick \
        else forward_files.whole_bundle(bench)
    title = f"{os.path.getsize(bundle) / 1e9:.1f} GB bundle"

    def listed():
        start = time.perf_counter()
        bench.seconds("mmdit-bundle", "list", bundle)
        return 1e3 * (time.perf_counter() - start)

    def opened():
        """Inside a process, which then predicts one token to show that it can."""
        said = subprocess.run(
            list(map(str, own(bench, bundle, 1, 2, 0, text=1))), check=True, capture_output=True, text=True)
        return 1e3 * json.loads(said.stdout)["open_seconds"]
    yield Pair(name=f"{title}, opened, mapped and listed by a new process", unit="ms", ours=listed,
               target=50, less_is_better=True)
    yield Pair(name=f"{title}, opened and mapped inside a process, every weight found and its shape checked",
               unit="ms", ours=opened, target=50, less_is_better=True)
