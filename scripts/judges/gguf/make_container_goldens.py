"""Writes the golden files of the GGUF container with the gguf package.

Every tensor holds the bytes 0, 1, 2, ... modulo 124 from its own first byte on, whatever its type,
so that a test can make them again; bytes below 0x7C make no infinite scale. Values of block types are
decoded by the package, too, into NAME.f32.
"""

from importlib.metadata import version
from pathlib import Path

import gguf
import numpy

folder = Path(__file__).parents[3] / "Tests" / "GGUFTests" / "Goldens" / "container"
Type = gguf.GGMLQuantizationType
Value = gguf.GGUFValueType


def counted(shape, type):
    """The bytes of a tensor, the last axis counted in bytes."""
    block, size = gguf.GGML_QUANT_SIZES[type]
    bytes_shape = (*shape[:-1], shape[-1] // block * size) if shape else (size,)
    count = int(numpy.prod(bytes_shape))
    return (numpy.arange(count) % 124).astype(numpy.uint8).reshape(bytes_shape)


def add(writer, name, shape, type):
    data = counted(shape, type)
    # A scalar has no axis whose bytes could be counted.
    writer.add_tensor(name, data if shape else data.view(numpy.float32).reshape(()), raw_dtype=type)
    return data


def write(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def everything():
    writer = gguf.GGUFWriter(folder / "everything.gguf", "flux")
    writer.add_uint8("a.uint8", 200)
    writer.add_int8("a.int8", -100)
    writer.add_uint16("a.uint16", 60000)
    writer.add_int16("a.int16", -30000)
    writer.add_uint32("a.uint32", 4000000000)
    writer.add_int32("a.int32", -2000000000)
    writer.add_float32("a.float32", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "grün 🌱")
    writer.add_uint64("a.uint64", 2**64 - 1)
    writer.add_int64("a.int64", -(2**63))
    writer.add_float64("a.float64", 0.1)
    arrays = {
        Value.UINT8: [0, 255],
        Value.INT8: [-128, 127],
        Value.UINT16: [1, 65535],
        Value.INT16: [-32768, 2],
        Value.UINT32: [1, 2, 3],
        Value.INT32: [-1],
        Value.FLOAT32: [0.5, -2.0],
        Value.BOOL: [True, False, True],
        Value.STRING: ["", "b", "ç"],
        Value.UINT64: [2**63],
        Value.INT64: [-1, 1],
        Value.FLOAT64: [1e300],
    }
    for type, values in arrays.items():
        writer.add_key_value(f"b.{type.name.lower()}", values, Value.ARRAY, sub_type=type)
    writer.add_key_value(
        "comfy.gguf.orig_shape.kernel.weight", [64, 1, 3, 3], Value.ARRAY, sub_type=Value.INT32
    )
    add(writer, "scalar", (), Type.F32)
    add(writer, "norm.scale", (7,), Type.F32)
    add(writer, "half.weight", (3, 5), Type.F16)
    add(writer, "brain.weight", (2, 3, 4), Type.BF16)
    add(writer, "axes.weight", (2, 1, 3, 2), Type.F32)
    blocks = add(writer, "blocks.weight", (3, 64), Type.Q8_0)
    kernel = add(writer, "kernel.weight", (2, 288), Type.Q8_0)
    write(writer)
    for name, data in [("blocks", blocks), ("kernel", kernel)]:
        values = gguf.quants.dequantize(data, Type.Q8_0)
        assert numpy.isfinite(values).all()
        values.astype("<f4").tofile(folder / f"{name}.f32")


def aligned():
    writer = gguf.GGUFWriter(folder / "aligned.gguf", "flux")
    writer.add_custom_alignment(256)
    add(writer, "a", (3,), Type.F32)
    add(writer, "b", (2, 2), Type.F16)
    write(writer)


def split():
    # 100 bytes: a and b, c alone though it is too large, d.
    writer = gguf.GGUFWriter(folder / "set.gguf", "flux", split_max_size=100)
    writer.add_quantization_version(2)
    add(writer, "a.weight", (4, 4), Type.F32)
    add(writer, "b.weight", (9,), Type.F32)
    add(writer, "c.weight", (5, 6), Type.F32)
    add(writer, "d.weight", (1, 32), Type.Q8_0)
    write(writer)


folder.mkdir(parents=True, exist_ok=True)
everything()
aligned()
split()
(folder / "gguf-version.txt").write_text(version("gguf") + "\n")
