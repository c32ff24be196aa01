"""GGUF files, file to file: GB/s of the bf16 checkpoint, which is in the page cache.

Ours are of whole processes: to the end of an fsync, and what was written is read back and compared with
the checkpoint. stable-diffusion.cpp's clock starts when its library is loaded; it does neither. Neither
side digests the checkpoint.
"""

import os

from pairs import Pair, work

# The peer's type, the least GB/s, and the least ratio.
TYPES = {"Q8_0": ("q8_0", 1.5, 5), "Q4_0": ("q4_0", 1.5, 5), "Q4_K_M": ("q4_k", None, None)}


@work("exports")
def exporting(bench):
    source = bench.checkpoint()
    size = os.path.getsize(source) / 1e9
    out = bench.folder / "out.gguf"

    def ours(name):
        out.unlink(missing_ok=True)
        return size / bench.seconds("mmdit-export", source, "--to", f"gguf:{name}", "--output", out)

    def peer(kind):
        out.unlink(missing_ok=True)
        return size / bench.peer_seconds("sdcpp", "peer_sdcpp_convert.py", source, out, kind)

    for name, (kind, least, wanted) in TYPES.items():
        # Minutes of one of its slowest encoders tell no more than one of them.
        has_peer = bench.peers["sdcpp"] and not (bench.quick and wanted is None)
        yield Pair(
            name=f"bf16 → GGUF {name}, file to file", unit="GB/s", ours=lambda name=name: ours(name),
            peer=(lambda kind=kind: peer(kind)) if has_peer else None,
            peer_name=f"stable-diffusion.cpp {kind}", target=least, ratio_target=wanted)
