"""Writes the golden files that the writer's test reproduces byte for byte.

    python make_golden.py ../../../Tests/Fixtures/safetensors

The package `safetensors` is the oracle (version in ../requirements.txt). The tensors are those of
`GoldenFileTests.swift`: byte k of a tensor is (7·k + the number of bytes of its name) mod 256.
"""

import ctypes
import pathlib
import sys

from safetensors import TensorSpec, serialize_file

# Name, dtype as the package calls it, shape as the package takes it, bits of one element of that
# shape. For float4 the package takes pairs and writes the last axis twice as long.
TENSORS = [
    ("z.weight", "bfloat16", [3, 5], 16),
    ("a.weight", "bfloat16", [2, 2], 16),
    ("a.bias", "float32", [7], 32),
    ("counts", "int64", [2], 64),
    ("scalar", "float64", [], 64),
    ("empty", "float32", [0, 4], 32),
    ("half", "float16", [1], 16),
    ("mask", "bool", [3], 8),
    ("codes", "uint8", [5], 8),
    ("signed", "int8", [2], 8),
    ("scale", "float8_e8m0fnu", [3], 8),
    ("fp8", "float8_e4m3fn", [2, 1], 8),
    ("fp8.wide", "float8_e5m2", [1], 8),
    ("fp4", "float4_e2m1fn_x2", [2, 1], 8),
    ("short", "int16", [1], 16),
    ("unsigned", "uint32", [1], 32),
    ("integer", "int32", [1], 32),
    ("long", "uint64", [1], 64),
    ("pair", "complex64", [1], 64),
    ("é\u2028\"\\/\t\x01", "uint8", [1], 8),
    ("Z", "uint8", [1], 8),
    ("\U0001f600", "uint8", [1], 8),
    ("\uff21", "uint8", [1], 8),
]


def write(path, tensors, metadata):
    buffers = []
    specs = {}
    for name, dtype, shape, bits in tensors:
        count = bits // 8
        for extent in shape:
            count *= extent
        salt = len(name.encode())
        data = bytes((7 * k + salt) % 256 for k in range(count))
        buffer = ctypes.create_string_buffer(data, max(count, 1))
        buffers.append(buffer)
        specs[name] = TensorSpec(
            dtype=dtype, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=count)
    serialize_file(specs, str(path), metadata=metadata)


def main():
    folder = pathlib.Path(sys.argv[1])
    # The package keeps metadata in a hash map, so only one entry has a defined place.
    write(folder / "every-type.safetensors", TENSORS, {"for\"mat\n": "pt \x7fé\u2028\x1f/"})
    write(folder / "bare.safetensors", TENSORS[:2], None)
    write(folder / "nothing.safetensors", [], None)


main()
