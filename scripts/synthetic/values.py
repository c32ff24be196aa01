"""Random weights as fast as the disk, without memory that grows with what tensors hold.

All are cut from one block of normal numbers, each from a place of its own, and every 97th row is
eight times larger, so that rows have different scales.
"""

import math

import numpy as np

OUTLIER_STEP, OUTLIER = 97, np.float32(8)
COUNT = 5_000_011  # a prime: rows do not begin where others did
BYTES_PER_ELEMENT = {"bf16": 2, "f16": 2, "f32": 4}


def encode(values, dtype):
    if dtype == "bf16":
        return (values.view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(np.float16) if dtype == "f16" else values


class RandomValues:
    def __init__(self, dtype, seed):
        self.generator = np.random.default_rng(seed)
        normal = self.generator.standard_normal(COUNT, np.float32) * np.float32(0.02)
        self.base, self.outliers = encode(normal, dtype), encode(normal * OUTLIER, dtype)

    def write(self, file, shape):
        """Rows cut from the base, one after the other, from a random place on.

        A row of a convolution is what one of its outputs is made of.
        """
        columns = math.prod(shape[1:]) if len(shape) == 4 else shape[-1]
        rows = math.prod(shape) // columns
        at = int(self.generator.integers(COUNT))
        for row in range(0, rows, OUTLIER_STEP):
            count = min(OUTLIER_STEP, rows - row) * columns
            file.write(self.cut(self.outliers, at, columns))
            file.write(self.cut(self.base, at + columns, count - columns))
            at = (at + count) % COUNT

    def cut(self, values, at, count):
        at %= COUNT
        if at + count <= COUNT:
            return values[at:at + count].data
        return np.take(values, range(at, at + count), mode="wrap").data
