"""Forward passes: seconds of a prediction of klein 4B's widths with one double and four single blocks.

Each side is a process of its own that has its weights in memory or mapped and has predicted once before;
then both predict in turn, and the seconds of processors are those of the predictions. Of
stable-diffusion.cpp a prediction is a step of its sampler. All in one step from noise, without guidance.
"""

import pathlib
import sys

import forward_files
from live import Ended, Predictor, watched
from pairs import Pair, work

HERE = pathlib.Path(__file__).parent
TEXT = 512
TURNS = {16: 3, 32: 2, 64: 1}  # at most, by the side of the picture: what takes long varies little
# Our weights and arithmetic; the picture's side in tokens; threads; peers, and the greatest ratio of our
# time to theirs that is wanted.
CASES = (
    ("bf16", "float32", 16, 1, {"torch f32": 0.7}),
    ("bf16", "float32", 16, 2, {"torch f32": 0.7, "stable-diffusion.cpp f32": 1}),
    ("bf16", "float32", 32, 1, {"torch f32": 0.7}),
    ("bf16", "float32", 32, 2, {"torch f32": 0.7}),
    ("bf16", "bfloat16", 16, 1, {"torch bf16": 0.95}),
    ("bf16", "bfloat16", 16, 2, {"torch bf16": 0.95, "stable-diffusion.cpp BF16": 1}),
    ("bf16", "bfloat16", 32, 2, {"torch bf16": 0.95}),
    ("int8", "int8", 16, 1, {"torch bf16": 0.6}),
    ("int8", "int8", 16, 2, {"torch bf16": 0.6, "torchao int8-dynamic": 1, "torchao int8-weights": 1,
                             "bitsandbytes int8": 1}),
    ("int8", "int8", 32, 2, {"torch bf16": 0.6}),
    ("int8", "float32", 16, 2, {"stable-diffusion.cpp Q8_0": 1, "own bf16 weights": 1.05}),
    ("int8", "float32", 32, 2, {"own bf16 weights": 1.05}),
    ("int4", "float32", 16, 2, {"own bf16 weights": 1.05, "stable-diffusion.cpp Q4_0": 1,
                                "stable-diffusion.cpp Q4_K_M": 1}),
    ("int4", "bfloat16", 16, 2, {"bitsandbytes nf4": 1}),
)

NOTES = """## Forward passes beside programs that are no packages

Measured by hand, in turn on the same weights and inputs, on a quiet machine as above: medians of two
runs of each of three turns (two for 1,024 tokens on two threads, five of the best of three runs on one,
one of one run beside stable-diffusion.cpp), in seconds; what comes after ± is half the range of the
turns' ratios. flux2.c is antirez/flux2.c at b9cbbea by gcc 12.2 (`-O3 -march=native -ffast-math`) with
OpenBLAS 0.3.21 and its kernels of Cooper Lake, its numbers of blocks set to those of the slice.
stable-diffusion.cpp is that of stable-diffusion-cpp-python 0.4.7, built for this processor, for bf16 and
q8_0 by clang 21 and else by gcc 12.2, with flash attention. The velocities have one size to five digits
in float32.

| tokens | threads | ours | s | peer | s | ratio | target |
|---|---|---|---|---|---|---|---|
| 256 + 512 | 1 | f32 | 3.72 | flux2.c f32 | 4.47 | 0.84 ± 0.02 | ≤ 0.90 |
| 256 + 512 | 2 | f32 | 1.96 | flux2.c f32 | 2.48 | 0.80 ± 0.02 | ≤ 0.90 |
| 1,024 + 512 | 1 | f32 | 8.09 | flux2.c f32 | 9.30 | 0.87 ± 0.03 | ≤ 0.90 |
| 1,024 + 512 | 2 | f32 | 4.18 | flux2.c f32 | 4.98 | 0.84 ± 0.03 | ≤ 0.90 |
| 256 + 512 | 2 | f32 | 2.09 | sd.cpp f32 | 4.73 | 0.44 | < 1 |
| 256 + 512 | 2 | bf16 | 1.12 | sd.cpp bf16 | 2.42 | 0.46 | < 1 |
| 256 + 512 | 2 | int8 weights | 1.99 | sd.cpp q8_0 | 4.07 | 0.49 | < 1 |
| 256 + 512 | 2 | int4 weights | 2.07 | sd.cpp q4_0 | 4.71 | 0.44 | < 1 |
| 256 + 512 | 2 | int4 weights | 2.07 | sd.cpp q4_K | 5.70 | 0.36 | < 1 |
| 1,024 + 512 | 2 | int8 weights | 4.60 | sd.cpp q8_0 | 8.59 | 0.54 | < 1 |

Here and in the table above ours leaves out what the last block would make of text, which no prediction
reads: of the 1.0 TFLOP of the slice's five blocks 0.11 with 256 image tokens, of the 2.05 with 1,024 0.12;
of all 25 blocks of klein 4B a fifth as large a share.

Where the processor's time goes, in percent of one thread's (`perf record -e cpu-clock`):

| arithmetic, tokens | products | packing | reading weights | softmax, SwiGLU, norms | clearing memory and the rest of the system | other |
|---|---|---|---|---|---|---|
| float32, 256 + 512 | 92 | 3 | 3 | 2 | 0 | 0 |
| float32, int4 weights, 256 + 512 | 93 | 2 | 2 | 2 | 0 | 1 |
| float32, 1,024 + 512 | 93 | 2 | 1 | 3 | 0 | 1 |
| bfloat16, 256 + 512 | 84 | 4 | 8 | 3 | 0 | 1 |
| W8A8, 256 + 512 | 70 | 8 | 13 | 5 | 0 | 3 |

With 1,024 image tokens and one thread the products do 1.94 TFLOP at some 259 GFLOP/s, of the 266 that
the processor had then (between 250 and 287 from hour to hour). Weights of bf16 stay as they are in the
panels that float32 is multiplied from, and tiles widen them: half as much has to come from the cache
that threads share. In turn with panels of float32, which other weights still have, a pass took
0.977 ± 0.010 of the time (four pairs), and has the same bits. Weights of four bits change places as
codes, eight in a word, and only then become numbers: in turn with decoding whole rows first, a pass of
256 + 512 tokens took 0.96 ± 0.02 of the time in float32 and 0.94 ± 0.01 in bfloat16 (twelve pairs on
two threads), and has the same bits.
"""


def own(bench, file, side, threads, runs, arithmetic="float32"):
    return bench.binaries / "bench-forward", file, side, TEXT, threads, runs, arithmetic


def torch(folder, side, threads, kind):
    return sys.executable, HERE / "peer_torch_forward.py", folder, side, TEXT, threads, kind


def peer(bench, name, folder, side, threads):
    """The command of a peer; None where it could not be installed."""
    package, kind = name.split(" ", 1)
    if package == "own":
        return own(bench, folder, side, threads, "-")
    if package != "stable-diffusion.cpp":
        return torch(folder, side, threads, kind)
    if not (python := bench.peers["sdcpp"]):
        return None
    model = forward_files.gguf(bench, folder, "BF16" if kind == "f32" else kind)
    return (python, HERE / "peer_sdcpp_forward.py", model, *forward_files.stand_ins(bench), side, threads,
            "f32" if kind == "f32" else "default")


@work("forward")
def forward(bench):
    folder = forward_files.checkpoint(bench)
    for weights, arithmetic, side, threads, peers in CASES:
        if bench.quick:
            if (side, threads) != (16, 2):
                continue
            peers = dict(list(peers.items())[:1])
        file = folder if weights == "bf16" else forward_files.bundle(bench, folder, weights)
        with Predictor(own(bench, file, side, threads, "-", arithmetic)) as ours:
            for name, wanted in peers.items():
                if not (command := peer(bench, name, folder, side, threads)):
                    continue
                try:
                    with Predictor(command) as theirs:
                        yield Pair(
                            name=f"forward, {side * side} + {TEXT} tokens, {weights} weights, "
                            f"{arithmetic} arithmetic, threads: {threads}",
                            unit="s", ours=ours, peer=theirs, peer_name=name, ratio_target=wanted,
                            less_is_better=True, most_turns=TURNS[side])
                except Ended as problem:
                    print(f"left out: {name}: {problem}", file=sys.stderr)


@work("forward-memory")
def memory(bench):
    """Whole processes, from start to end: the largest resident size, pages of mapped files included.

    Peers begin with the weights in bf16, as diffusers loads them. Ours read weights into a buffer as they
    need them: those stay in the system's page cache, which belongs to no process.
    """
    def megabytes(command):
        return watched(command)["VmHWM"] / 1e6

    folder = forward_files.checkpoint(bench)
    small = forward_files.bundle(bench, folder, "int8")
    for arithmetic, kind in (("float32", "int8-weights"), ("int8", "int8-dynamic")):
        yield Pair(
            name=f"peak memory of a forward pass, 0.93 B weights in int8, {arithmetic} arithmetic",
            unit="MB", ours=lambda a=arithmetic: megabytes(own(bench, small, 16, 2, 0, a)),
            peer=lambda k=kind: megabytes(torch(folder, 16, 2, k)), peer_name=f"torchao {kind}",
            less_is_better=True, most_turns=1)
    yield Pair(
        name="peak memory of a forward pass, 0.93 B weights in bf16, bfloat16 arithmetic", unit="MB",
        ours=lambda: megabytes(own(bench, folder, 16, 2, 0, "bfloat16")),
        peer=lambda: megabytes(torch(folder, 16, 2, "bf16")), peer_name="torch bf16",
        less_is_better=True, most_turns=1)
    if bench.quick:
        return
    whole = forward_files.whole_bundle(bench)
    for side, arithmetic in ((16, "float32"), (16, "int8"), (32, "float32")):
        most = watched(own(bench, whole, side, 2, 0, arithmetic))
        name = f"klein 4B in int8, {side * side} + {TEXT} tokens, {arithmetic} arithmetic"
        for part, title, limit in (("VmHWM", "peak memory of a forward pass", 1000),
                                   ("RssAnon", "of it its own, at most", None),
                                   ("RssFile", "of it pages of mapped files, at most", None)):
            yield Pair(
                name=f"{title}, {name}", unit="MB", ours=lambda p=part, m=most: m[p] / 1e6, target=limit,
                less_is_better=True, most_turns=1)
