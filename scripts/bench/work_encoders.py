"""Encoders of other runtimes' codes in memory, one thread each: GB/s of bf16 input.

Ours are the loops of Sources/CKernels, built into a library with the flags of a release build; of the
types that are searched for without putting the bits of codes in their place, which takes some 5 %. Both
sides turn the same normal weights from bf16 into floats first, where they need floats: 64 rows of 3072
for ggml; packages that take whole matrices are in torch_encoders.py.
"""

import ctypes
import pathlib

import numpy

import ckernels
import torch_encoders
from in_memory import COLUMNS, COUNT, ROWS, pointer, rate
from pairs import Pair, work

# ggml's number of a type, the bytes of a block of so many values, and the least ratio that is wanted.
PLAIN = {"Q8_0": (8, 34, 1), "Q4_0": (2, 18, 1), "Q4_1": (3, 20, None), "Q5_0": (6, 22, None),
         "Q5_1": (7, 24, None)}
SEARCHED = {"Q2_K": (10, None), "Q3_K": (11, None), "Q4_K": (12, 4), "Q5_K": (13, 4), "Q6_K": (14, 4),
            "IQ4_NL": (20, 4), "IQ4_XS": (23, 4)}


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
    yield from torch_encoders.pairs(loops, level, random)
