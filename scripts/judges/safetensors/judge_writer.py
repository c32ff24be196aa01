"""Reads safetensors files written by us with the package, and compares them with its own output.

    python judge_writer.py FOLDER [--source FOLDER]

Every .safetensors file of FOLDER must open in the package, and the package, given the same tensors
and metadata, must write the same bytes. (Its metadata have no order: with more than one entry, the
header is compared as JSON instead.) With --source, every file must hold the tensors of the file of
the same name there, byte for byte.

Exits with 1 when something differs.
"""

import argparse
import ctypes
import json
import pathlib
import struct
import sys

from safetensors import TensorSpec, deserialize, serialize

# How the package calls a dtype when it writes. It has no name for the 6-bit types there.
NAMES = {
    "BOOL": "bool", "F4": "float4_e2m1fn_x2", "U8": "uint8", "I8": "int8",
    "F8_E5M2": "float8_e5m2", "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz", "I16": "int16",
    "U16": "uint16", "F16": "float16", "BF16": "bfloat16", "I32": "int32", "U32": "uint32",
    "F32": "float32", "C64": "complex64", "F64": "float64", "I64": "int64", "U64": "uint64",
}


def split(content):
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + length]), content[8 + length:]


def rewritten(content):
    buffers = []
    specs = {}
    for name, tensor in deserialize(content):
        data = bytes(tensor["data"])
        buffer = ctypes.create_string_buffer(data, max(len(data), 1))
        buffers.append(buffer)
        shape = list(tensor["shape"])
        if tensor["dtype"] == "F4":
            shape[-1] //= 2
        specs[name] = TensorSpec(
            dtype=NAMES[tensor["dtype"]], shape=shape, data_ptr=ctypes.addressof(buffer),
            data_len=len(data))
    return bytes(serialize(specs, metadata=split(content)[0].get("__metadata__")))


def tensors(content):
    return {
        name: (tensor["dtype"], list(tensor["shape"]), bytes(tensor["data"]))
        for name, tensor in deserialize(content)
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--source", type=pathlib.Path)
    options = parser.parse_args()

    paths = sorted(options.folder.glob("*.safetensors"))
    wrong = [] if paths else [f"{options.folder} has no .safetensors files"]
    for path in paths:
        content = path.read_bytes()
        expected = rewritten(content)
        if len(split(content)[0].get("__metadata__", {})) > 1:
            same = len(content) == len(expected) and split(content) == split(expected)
        else:
            same = content == expected
        if not same:
            wrong.append(f"{path}: the package writes other bytes")
        if options.source and tensors(content) != tensors(
                (options.source / path.name).read_bytes()):
            wrong.append(f"{path}: the tensors differ from the source")
    print(f"{len(paths)} files compared")
    for line in wrong:
        print("WRONG", line)
    sys.exit(1 if wrong else 0)


main()
