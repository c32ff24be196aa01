"""Bundles: quantized file to file, checked, unpacked and opened.

Figures are GB/s of what is read: of the bf16 checkpoint, which is in the page cache, or of the bundle.
Ours are of whole processes, and to the end of an fsync; stable-diffusion.cpp's clock starts when its
library is loaded, and it does not sync.
"""

import json
import os
import time

from pairs import Pair, work

# The peer's type with as many bits; its blocks have 32 values, those of q4_k a search for scales.
SCHEMES = {
    "int8 per channel": (
        "q8_0", {"bits": 8, "symmetric": True, "group": "row", "scale": "f32", "clip": "absmax"}),
    "int4 g64 absmax": (
        "q4_0", {"bits": 4, "symmetric": True, "group": 64, "scale": "bf16", "clip": "absmax"}),
    "int4 g64 MSE": (
        "q4_k", {"bits": 4, "symmetric": True, "group": 64, "scale": "bf16", "clip": "mse"}),
}
# GB/s, and times the peer. Of int8 with the digest only the rate: one stream of SHA-256 is less than
# five times the peer.
TARGETS = {"int8 per channel": (1.5, None), "int4 g64 absmax": (1.5, 10), "int4 g64 MSE": (0.4, None)}
UNDIGESTED = {"int8 per channel": (1.5, 5)}


def recipe(bench, name):
    """Every linear layer of the blocks in one scheme."""
    path = bench.folder / f"{name.replace(' ', '-')}.json"
    path.write_text(json.dumps({
        "format": "mmdit-recipe", "version": 1, "name": "bench", "summary": name,
        "rules": [
            {"match": "*transformer_blocks.*.weight", "scheme": SCHEMES[name][1],
             "reason": "measured"},
            {"match": "*.norm_*", "keep": True, "reason": "vectors"}],
        "thresholds": {}}))
    return path


def rate(path, seconds):
    return os.path.getsize(path) / 1e9 / seconds


def quantize(bench, source, name, target, threads=None, options=()):
    target.unlink(missing_ok=True)
    return rate(source, bench.seconds(
        "mmdit-quantize", source, "--recipe", recipe(bench, name), "--output", target, *options,
        *(("--threads", threads) if threads else ())))


@work("quantize")
def quantizing(bench):
    source = bench.checkpoint()
    target = bench.folder / "out.mmdit"
    for name, (kind, _) in SCHEMES.items():
        def peer(kind=kind):
            out = bench.folder / "out.gguf"
            out.unlink(missing_ok=True)
            return rate(source, bench.peer_seconds(
                "sdcpp", "peer_sdcpp_convert.py", source, out, kind))
        least, ratio = TARGETS[name]
        yield Pair(
            name=f"bf16 → {name}, file to file", unit="GB/s",
            ours=lambda name=name: quantize(bench, source, name, target),
            # Minutes of one of its slowest encoders tell no more than one of them.
            peer=peer if bench.peers["sdcpp"] and not (bench.quick and kind == "q4_k") else None,
            peer_name=f"stable-diffusion.cpp {kind}", target=least, ratio_target=ratio)
        if name in UNDIGESTED:
            least, ratio = UNDIGESTED[name]
            yield Pair(
                name=f"bf16 → {name}, file to file, no digest of the source (as the peer)",
                unit="GB/s", peer=peer if bench.peers["sdcpp"] else None,
                ours=lambda name=name: quantize(
                    bench, source, name, target, options=["--no-source-digests"]),
                peer_name=f"stable-diffusion.cpp {kind}", target=least, ratio_target=ratio)
    for threads in (1, 2):
        yield Pair(
            name=f"bf16 → int8 per channel, compressed for download, threads: {threads}", unit="GB/s",
            ours=lambda threads=threads: quantize(
                bench, source, "int8 per channel", target, threads, ["--compress"]))


@work("bundle")
def reading(bench):
    source = bench.checkpoint()
    bundle = bench.folder / "whole.mmdit"
    quantize(bench, source, "int8 per channel", bundle)
    yield Pair(
        name="bundle check, a core", unit="GB/s", target=1.5,
        ours=lambda: rate(bundle, bench.seconds("mmdit-bundle", "check", bundle, "--threads", 1)))
    unpacked = bench.folder / "unpacked.safetensors"

    def unpack():
        unpacked.unlink(missing_ok=True)
        return rate(source, bench.seconds(
            "mmdit-bundle", "unpack", bundle, "--output", unpacked, "--threads", 1))
    yield Pair(name="bundle unpack to bf16, a core", unit="GB/s", ours=unpack, target=1.5)

    def listed():
        start = time.perf_counter()
        bench.seconds("mmdit-bundle", "list", bundle)
        return 1e3 * (time.perf_counter() - start)
    yield Pair(
        name="bundle opened, mapped and listed by a new process", unit="ms", ours=listed, target=50,
        less_is_better=True)
