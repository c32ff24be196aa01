"""Encoders of packages over torch, which take whole matrices: 9216 rows of 3072, one thread each.

Ours are called for pieces that fit a cache, and write to the same array every time; so do torch's own
operations in chunks of 64 rows. What torch, torchao and bitsandbytes allocate is theirs to choose.
"""

import ctypes

import numpy

from in_memory import COLUMNS, COUNT, ROWS, pointer, rate
from pairs import Pair

HEIGHT = 9216
SIZE = HEIGHT * COLUMNS
NF4 = (-1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.09105004, 0, 0.0795803,
       0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1)


class Ours:
    """The loops on a matrix of bf16."""

    def __init__(self, loops, level, stored):
        self.loops, self.level, self.stored = loops, level, stored
        self.values, self.halves = numpy.zeros((2, COUNT), numpy.float32)
        self.codes = numpy.zeros(SIZE, numpy.uint8)
        self.magnitudes = numpy.zeros(SIZE // 64, numpy.float32)
        self.borders = numpy.array([(a + b) / 2 for a, b in zip(NF4, NF4[1:])], numpy.float32)
        self.order = numpy.arange(16, dtype=numpy.uint8)

    def nf4(self):
        for first in range(0, SIZE, COUNT):
            self.loops.mmdit_bf16_to_f32(
                self.level, pointer(self.stored[first:]), pointer(self.values), ctypes.c_size_t(COUNT))
            self.loops.mmdit_encode_codebook(
                self.level, pointer(self.values), ctypes.c_size_t(COUNT), pointer(self.borders),
                pointer(self.order), pointer(self.codes[first // 2:]),
                pointer(self.magnitudes[first // 64:]))

    def int8(self, of_f16):
        self.loops.int8_rows(
            self.level, pointer(self.stored), ctypes.c_size_t(HEIGHT), ctypes.c_size_t(COLUMNS),
            pointer(self.values), pointer(self.halves) if of_f16 else None, pointer(self.codes),
            pointer(self.magnitudes))


def of_rows(weights):
    """int8 with a scale for each row as torch's operations have it."""
    values = weights.float()
    scales = values.abs().amax(1, keepdim=True) / 127
    return (values / scales).round_().clamp_(-127, 127).char(), scales


def of_chunks(weights, codes):
    for first in range(0, HEIGHT, ROWS):
        codes[first:first + ROWS] = of_rows(weights[first:first + ROWS])[0]


def of_torchao(torch, quantization, weights):
    layer = torch.nn.Linear(COLUMNS, HEIGHT, bias=False, device="meta")
    layer.weight = torch.nn.Parameter(weights, requires_grad=False)
    quantization.quantize_(torch.nn.Sequential(layer), quantization.Int8WeightOnlyConfig())


def check(ours, codes):
    """Whether both gave the same codes, but for quotients next to a half."""
    ours.int8(of_f16=False)
    found = ours.codes.view(numpy.int8).reshape(HEIGHT, COLUMNS)
    different = numpy.abs(found.astype(numpy.int16) - codes.numpy())
    if different.max() > 1 or different.mean() > 1e-3:
        raise SystemExit("torch's codes of int8 rows are not ours")


def pairs(loops, level, random):
    try:
        import torch
    except ImportError:
        return
    stored = random.standard_normal(SIZE, numpy.float32).view(numpy.uint32) >> 16
    ours = Ours(loops, level, stored.astype(numpy.uint16))
    weights = torch.from_numpy(ours.stored.view(numpy.int16)).view(torch.bfloat16)
    weights = weights.reshape(HEIGHT, COLUMNS)
    threads = torch.get_num_threads()

    def pair(name, our_action, peer_action, peer, wanted=None):
        def measured():
            torch.set_num_threads(1)
            try:
                return rate(peer_action, 2, SIZE)
            finally:
                torch.set_num_threads(threads)
        return Pair(
            name=f"{name} in memory, a core", unit="GB/s", ours=lambda: rate(our_action, 3, SIZE),
            peer=measured, peer_name=peer, ratio_target=wanted)

    def rows():
        ours.int8(of_f16=False)
    codes = torch.empty(HEIGHT, COLUMNS, dtype=torch.int8)
    of_chunks(weights, codes)
    check(ours, codes)
    yield pair("int8 per row", rows, lambda: of_rows(weights), "torch, the whole matrix")
    yield pair("int8 per row, chunks", rows, lambda: of_chunks(weights, codes), "torch, chunks of 64 rows")
    try:
        from torchao import quantization
        yield pair(
            "int8 weight-only", rows, lambda: of_torchao(torch, quantization, weights), "torchao")
    except ImportError:
        pass
    try:
        from bitsandbytes import functional
    except ImportError:
        return
    yield pair(
        "NF4", ours.nf4, lambda: functional.quantize_4bit(weights, quant_type="nf4"), "bitsandbytes", 10)
    yield pair(
        "LLM.int8", lambda: ours.int8(of_f16=True),
        lambda: functional.int8_vectorwise_quant(weights.to(torch.float16)), "bitsandbytes", 10)
