#!/usr/bin/env python3
"""Reads bundles of quantized weights (.mmdit): formats/bundle.md in Python.

    read_bundle.py FILE            lists the tensors
    read_bundle.py --check FILE    reads every byte and compares it with the checksums

As a module: Bundle(FILE) with .header, .layout, .tensors, .decode(NAME) to numpy float32, and .check().
It needs numpy, and zstandard for compressed bundles.
"""

import argparse
import itertools
import json
import math
import mmap
import struct
import sys
import zlib

import numpy as np

WIDTHS = {"BF16": 2, "F16": 2, "F32": 4, "bf16": 2, "f16": 2, "f32": 4}
LAYOUTS = ("diffusers", "original", "ComfyUI")
PRELUDE_BYTES, PAGE, HEADER_LIMIT = 32, 4096, 256 << 20


class BundleError(ValueError):
    """What is wrong with the file, and where."""


def demand(holds, where, problem):
    if not holds:
        raise BundleError(f"{where}: {problem}")


def no_duplicates(pairs):
    demand(len(dict(pairs)) == len(pairs), "header", f"a key is there twice in {pairs}")
    return dict(pairs)


def decompress(frame, length, where):
    import zstandard  # resident bundles are read without it

    try:
        size = zstandard.frame_content_size(frame)  # -1 where the frame does not say
        demand(size in (-1, length), where, f"its frame has {size} bytes, not {length}")
        decompressor = zstandard.ZstdDecompressor()
        return decompressor.decompress(frame, max_output_size=length, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BundleError(f"{where}: {error}") from error


def to_float32(data, kind):
    """The numbers of little-endian bytes; kind is BF16, F16 or F32 in either case."""
    if kind.upper() == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, f"<f{WIDTHS[kind]}").astype(np.float32)


class Bundle:
    def __init__(self, path):
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            demand(size >= PRELUDE_BYTES, path, f"a bundle has 32 bytes at least, this has {size}")
            self.data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        magic, version, checksum, offset, length = struct.unpack_from("<8sIIQQ", self.data)
        demand((magic, version) == (b"\x89MMDIT\r\n", 1), "prelude", "no bundle of version 1")
        demand(offset >= PRELUDE_BYTES and offset + length == size and length <= HEADER_LIMIT,
               "prelude", f"{length} bytes of header at {offset} in a file of {size}")
        text = self.data[offset:]
        demand(zlib.crc32(text) == checksum, "header", "its checksum is wrong")
        self.header_offset = offset
        self.header = json.loads(str(text, "utf-8"), object_pairs_hook=no_duplicates)
        self.layout = self.header["architecture"]["layout"]
        demand(self.layout in LAYOUTS, "header", f"no layout {self.layout}")
        self.tensors = {tensor["name"]: tensor for tensor in self.header["tensors"]}
        demand(len(self.tensors) == len(self.header["tensors"]), "header", "two tensors, one name")

    def rows(self, name):
        """A vector is one row; of more axes, the first but the last that is longer than 1."""
        return next((extent for extent in self.tensors[name]["shape"][:-1] if extent != 1), 1)

    def columns(self, name):
        return math.prod(self.tensors[name]["shape"]) // max(1, self.rows(name))

    def row_bytes(self, name):
        """The bytes of a row of each segment of a tensor, in the order of the file."""
        tensor, columns = self.tensors[name], self.columns(name)
        if "dtype" in tensor:
            return {"values": columns * WIDTHS[tensor["dtype"]]}
        scheme = tensor["scheme"]
        groups = 1 if scheme["group"] == "row" else -(-columns // scheme["group"])
        sizes = {"codes": columns if scheme["bits"] == 8 else -(-columns // 2),
                 "scales": groups * WIDTHS[scheme["scale"]]}
        return sizes if scheme["symmetric"] else {**sizes, "zero_points": groups}

    def runs(self, name):
        """(segment, bytes without compression, offset, stored bytes) in the order of the file."""
        tensor, sizes, rows = self.tensors[name], self.row_bytes(name), self.rows(name)
        if "chunk_rows" not in tensor:
            return [(kind, rows * sizes[kind], tensor[kind]["offset"], rows * sizes[kind])
                    for kind in sizes]
        step = tensor["chunk_rows"]
        for kind in sizes:
            count = len(tensor[kind]["chunks"])
            demand(count == -(-rows // step), f"{name} {kind}", f"{count} chunks for {rows} rows")
        return [(kind, min(step, rows - k * step) * sizes[kind], *tensor[kind]["chunks"][k])
                for k in range(-(-rows // step)) for kind in sizes]

    def segment(self, name, kind):
        """The bytes of a segment without compression, as its checksum has them."""
        parts = []
        for other, length, offset, stored in self.runs(name):
            if other == kind:
                where = f"{name} {kind}"
                demand(PRELUDE_BYTES <= offset and offset + stored <= self.header_offset
                       and 0 <= stored <= length, where, f"{stored} bytes at {offset} are wrong")
                part = self.data[offset:offset + stored]
                parts.append(part if stored == length else decompress(part, length, where))
                demand(len(parts[-1]) == length, where, f"{len(parts[-1])} bytes, not {length}")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def codes(self, name):
        """The integers q of a quantized tensor, [rows, columns] of int16."""
        scheme, rows = self.tensors[name]["scheme"], self.rows(name)
        data = np.frombuffer(self.segment(name, "codes"), np.uint8).reshape(rows, -1)
        if scheme["bits"] == 8:
            return data.view(np.int8 if scheme["symmetric"] else np.uint8).astype(np.int16)
        codes = np.stack([data & 15, data >> 4], axis=2).reshape(rows, -1)
        codes = codes[:, :self.columns(name)]
        return codes.astype(np.int16) - (8 if scheme["symmetric"] else 0)

    def scales(self, name):
        """The scales of a quantized tensor, [rows, groups] of float32."""
        data, kind = self.segment(name, "scales"), self.tensors[name]["scheme"]["scale"]
        return to_float32(data, kind).reshape(self.rows(name), -1)

    def decode(self, name):
        """The values of a tensor as float32: scale × (q − z)."""
        tensor, columns = self.tensors[name], self.columns(name)
        if "dtype" in tensor:
            data = self.segment(name, "values")
            return to_float32(data, tensor["dtype"]).reshape(tensor["shape"])
        scheme, q, scales = tensor["scheme"], self.codes(name), self.scales(name)
        size = columns if scheme["group"] == "row" else scheme["group"]
        if not scheme["symmetric"]:
            zeros = np.frombuffer(self.segment(name, "zero_points"), np.uint8).reshape(scales.shape)
            q = q - np.repeat(zeros.astype(np.int16), size, axis=1)[:, :columns]
        return np.repeat(scales, size, axis=1)[:, :columns] * q.astype(np.float32)

    def check(self):
        """Raises BundleError unless every byte of the file is where and what the header says."""
        names, end = iter(self.tensors), PRELUDE_BYTES
        for block in self.header["blocks"]:
            demand(block["offset"] % PAGE == 0, block["name"], "it is not aligned")
            limit = block["offset"] + block["bytes"]
            for name in itertools.islice(names, block["tensors"]):
                for kind, _, offset, stored in self.runs(name):
                    where = f"{name} {kind}"
                    self.check_padding(end, offset, where)
                    end = offset + stored
                    aligned = "chunk_rows" in self.tensors[name] or offset % 64 == 0
                    demand(aligned and block["offset"] <= offset and end <= limit, where,
                           f"offset {offset} is not aligned or not inside of {block['name']}")
                self.check_segments(name)
            self.check_padding(end, limit, block["name"])
            end = limit
        counted = sum(block["tensors"] for block in self.header["blocks"])
        demand(counted == len(self.tensors), "header", f"its blocks have {counted} tensors")
        self.check_padding(end, self.header_offset, "header")

    def check_padding(self, begin, end, where):
        demand(0 <= end - begin < PAGE and not any(self.data[begin:end]), where,
               f"the {end - begin} bytes from {begin} to it are not padding")

    def check_segments(self, name):
        tensor, sizes = self.tensors[name], self.row_bytes(name)
        keys = {"name", "shape", "dtype" if "dtype" in tensor else "scheme", *sizes}
        demand(set(tensor) - {"chunk_rows"} == keys, name, f"its keys are {', '.join(tensor)}")
        for kind in sizes:
            data, where = self.segment(name, kind), f"{name} {kind}"
            demand(len(data) == tensor[kind]["bytes"], where, f"{len(data)} bytes by its shape")
            demand(f"{zlib.crc32(data):08x}" == tensor[kind]["crc32"], where, "wrong checksum")


def main():
    parser = argparse.ArgumentParser(description="Lists the tensors of a bundle.")
    parser.add_argument("file")
    parser.add_argument("--check", action="store_true", help="read and compare every byte")
    options = parser.parse_args()
    try:
        bundle = Bundle(options.file)
        if options.check:
            bundle.check()
            return print(f"{options.file}: {len(bundle.tensors)} tensors, all whole")
    except (OSError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"error: {options.file}: {error}")
    for name, tensor in bundle.tensors.items():
        how = tensor.get("scheme", {"": tensor.get("dtype")}).values()
        print(name, tensor["shape"], *how, sum(run[3] for run in bundle.runs(name)), "bytes")


if __name__ == "__main__":
    main()
