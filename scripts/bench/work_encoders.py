"""Encoders of other runtimes' codes in memory, one thread each: GB/s of bf16 input.

Ours are the loops of Sources/CKernels, built into a library with the flags of a release build; of the
types that are searched for without putting the bits of codes in their place, which takes some 5 %. Both
sides turn the same normal weights from bf16 into floats first, where they need floats: 64 rows of 3072
for ggml; for bitsandbytes, which takes whole matrices, 9216 rows, ours in pieces of 64.
"""

import ctypes
import pathlib
import time

import numpy

import ckernels
from pairs import Pair, work

ROWS, COLUMNS = 64, 3072
COUNT = ROWS * COLUMNS
# ggml's number of a type, the bytes of a block of so many values, and the least ratio that is wanted.
PLAIN = {"Q8_0": (8, 34, 1), "Q4_0": (2, 18, 1), "Q4_1": (3, 20, None), "Q5_0": (6, 22, None),
         "Q5_1": (7, 24, None)}
SEARCHED = {"Q2_K": (10, None), "Q3_K": (11, None), "Q4_K": (12, 4), "Q5_K": (13, 4), "Q6_K": (14, 4),
            "IQ4_NL": (20, 4), "IQ4_XS": (23, 4)}
NF4 = (-1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.09105004, 0, 0.0795803,
       0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1)


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def kernels(bench):
    """The loops of CKernels as a library."""
    return ctypes.CDLL(str(ckernels.link(
        bench.folder, "kernels.so", [pathlib.Path(__file__).parent / "int8_rows.c"], "-shared")))


def ggml(bench):
    """The library of a package that has ggml's encoders in it; None where there is none."""
    if not (python := bench.peers["llamacpp"]):
        return None
    found = list(pathlib.Path(python).parents[1].glob("lib/python3*/site-packages/xllamacpp/*.so"))
    return ctypes.CDLL(str(found[0])) if found else None


def rate(action, times=5, count=COUNT):
    """The best of some runs: what others on the machine take is not the encoder's."""
    least = min(run(action) for _ in range(times))
    return 2e-9 * count / least


def run(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@work("encoders")
def encoders(bench):
    loops, peer = kernels(bench), ggml(bench)
    level = ctypes.c_int32(loops.mmdit_best_level())
    random = numpy.random.default_rng(7)
    weights = (random.standard_normal(COUNT) * 0.02).astype(numpy.float32)
    stored = (weights.view(numpy.uint32) >> 16).astype(numpy.uint16)
    values = numpy.zeros(COUNT, numpy.float32)
    output = numpy.zeros(2 * COUNT, numpy.uint8)
    small = numpy.zeros((4, COUNT), numpy.uint8)
    found = numpy.zeros(COUNT, numpy.float32)

    def widen():
        loops.mmdit_bf16_to_f32(level, pointer(stored), pointer(values), ctypes.c_size_t(COUNT))

    def of_ggml(number):
        def action():
            peer.ggml_bf16_to_fp32_row(pointer(stored), pointer(values), ctypes.c_int64(COUNT))
            peer.ggml_quantize_chunk(
                ctypes.c_int(number), pointer(values), pointer(output), ctypes.c_int64(0),
                ctypes.c_int64(ROWS), ctypes.c_int64(COLUMNS), None)
        if peer:
            peer.ggml_quantize_init(number)
            return lambda: rate(action)
        return None

    for name, (number, _, wanted) in PLAIN.items():
        def encode(number=number):
            widen()
            loops.mmdit_encode_blocks(
                level, pointer(values), ctypes.c_size_t(COUNT // 32), ctypes.c_int32(number),
                pointer(output))
        yield Pair(
            name=f"{name} in memory, a core", unit="GB/s", ours=lambda encode=encode: rate(encode),
            peer=of_ggml(number), peer_name="ggml", ratio_target=wanted)
    for name, (number, wanted) in SEARCHED.items():
        grid = ctypes.c_char.in_dll(loops, f"mmdit_{name.lower()}")
        elements = 32 if name == "IQ4_NL" else 256

        def search(grid=grid, elements=elements):
            widen()
            loops.mmdit_search_blocks(
                level, pointer(values), ctypes.c_size_t(COUNT // elements), ctypes.byref(grid),
                pointer(found), pointer(small[0]), pointer(small[1]), pointer(small[2]))
        yield Pair(
            name=f"{name} in memory, a core", unit="GB/s", ours=lambda search=search: rate(search),
            peer=of_ggml(number), peer_name="ggml", ratio_target=wanted)
    yield from bitsandbytes(loops, level, random)


def bitsandbytes(loops, level, random):
    try:
        import torch
        from bitsandbytes import functional
    except ImportError:
        return
    rows = 9216
    count = rows * COLUMNS
    stored = (random.standard_normal(count, numpy.float32).view(numpy.uint32) >> 16).astype(numpy.uint16)
    weights = torch.from_numpy(stored.view(numpy.int16)).view(torch.bfloat16).reshape(rows, COLUMNS)
    values, halves = numpy.zeros((2, COUNT), numpy.float32)
    codes, magnitudes = numpy.zeros(count, numpy.uint8), numpy.zeros(count // 64, numpy.float32)
    borders = numpy.array([(a + b) / 2 for a, b in zip(NF4, NF4[1:])], numpy.float32)
    order = numpy.arange(16, dtype=numpy.uint8)

    def nf4():
        for first in range(0, count, COUNT):
            loops.mmdit_bf16_to_f32(
                level, pointer(stored[first:]), pointer(values), ctypes.c_size_t(COUNT))
            loops.mmdit_encode_codebook(
                level, pointer(values), ctypes.c_size_t(COUNT), pointer(borders), pointer(order),
                pointer(codes[first // 2:]), pointer(magnitudes[first // 64:]))

    def int8():
        loops.int8_rows(
            level, pointer(stored), ctypes.c_size_t(rows), ctypes.c_size_t(COLUMNS), pointer(values),
            pointer(halves), pointer(codes), pointer(magnitudes))

    threads = torch.get_num_threads()

    def alone(action):
        def measured():
            torch.set_num_threads(1)
            try:
                return rate(action, 2, count)
            finally:
                torch.set_num_threads(threads)
        return measured

    yield Pair(
        name="NF4 in memory, a core", unit="GB/s", ours=lambda: rate(nf4, 3, count),
        peer=alone(lambda: functional.quantize_4bit(weights, quant_type="nf4")),
        peer_name="bitsandbytes", ratio_target=10)
    yield Pair(
        name="LLM.int8 in memory, a core", unit="GB/s", ours=lambda: rate(int8, 3, count),
        peer=alone(lambda: functional.int8_vectorwise_quant(weights.to(torch.float16))),
        peer_name="bitsandbytes", ratio_target=10)
