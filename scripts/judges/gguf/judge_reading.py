"""Has the tools read GGUF files that ggml's Python package wrote, and compares every value.

Arguments: the folder with the tools. For each type a small FLUX.2 transformer is written, its
matrices in blocks of that type, and converted to F32; the values must be, bit for bit, those that
the package decodes. Types that the package cannot encode have random codes under sound scales.
"""

import json
import pathlib
import sys

import gguf
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import Judge, read_safetensors

Type = gguf.GGMLQuantizationType
D, K, M, C, T = 256, 64, 768, 64, 512  # width, head, feed-forward, channels, text width
KEPT = ("img_in.", "txt_in.", "time_in.", "final_layer.")
# Where the half-precision numbers of a block stand, of the types that the package only decodes.
HALVES = {Type.Q2_K: (80, 82), Type.Q3_K: (108,), Type.Q4_K: (0, 2), Type.Q5_K: (0, 2),
          Type.Q6_K: (208,), Type.IQ4_NL: (0,), Type.IQ4_XS: (0,)}
TYPES = (Type.F32, Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, *HALVES)


def shapes():
    table = {
        "img_in.weight": (D, C), "txt_in.weight": (D, T),
        "time_in.in_layer.weight": (D, 256), "time_in.out_layer.weight": (D, D),
        "double_stream_modulation_img.lin.weight": (6 * D, D),
        "double_stream_modulation_txt.lin.weight": (6 * D, D),
        "single_stream_modulation.lin.weight": (3 * D, D),
        "final_layer.adaLN_modulation.1.weight": (2 * D, D), "final_layer.linear.weight": (C, D),
    }
    for stream in ("img", "txt"):
        name = f"double_blocks.0.{stream}"
        table |= {
            f"{name}_attn.qkv.weight": (3 * D, D), f"{name}_attn.norm.query_norm.scale": (K,),
            f"{name}_attn.norm.key_norm.scale": (K,), f"{name}_attn.proj.weight": (D, D),
            f"{name}_mlp.0.weight": (2 * M, D), f"{name}_mlp.2.weight": (D, M)}
    name = "single_blocks.0"
    return table | {
        f"{name}.linear1.weight": (3 * D + 2 * M, D), f"{name}.linear2.weight": (D, D + M),
        f"{name}.norm.query_norm.scale": (K,), f"{name}.norm.key_norm.scale": (K,)}


def codes(random, shape, type):
    """The bytes of a tensor, [rows, bytes of a row]."""
    if type not in HALVES:
        return gguf.quants.quantize(random.normal(0, 0.1, shape).astype(numpy.float32), type)
    block, size = gguf.GGML_QUANT_SIZES[type]
    blocks = random.integers(0, 256, (shape[0] * shape[1] // block, size), dtype=numpy.uint8)
    for place in HALVES[type]:
        scales = random.normal(0, 1e-3, len(blocks)).astype(numpy.float16)
        blocks[:, place:place + 2] = scales.view(numpy.uint8).reshape(-1, 2)
    return blocks.reshape(shape[0], -1)


def write(path, type, limit=0):
    """Writes the network; gives name → float32 values as the package decodes them."""
    random = numpy.random.default_rng(int(type))
    writer = gguf.GGUFWriter(path, "flux", split_max_size=limit)
    writer.add_quantization_version(2)
    writer.add_string("general.license", "apache-2.0")
    expected = {}
    for name, shape in shapes().items():
        stored = Type.F32 if len(shape) == 1 else Type.BF16 if name.startswith(KEPT) else type
        if len(shape) == 1:
            data = random.normal(1, 0.1, shape).astype(numpy.float32)
        else:
            data = codes(random, shape, stored)
        expected[name] = gguf.quants.dequantize(data, stored).astype(numpy.float32).reshape(shape)
        writer.add_tensor(name, data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return expected


def compare(judge, source, expected, what):
    output = judge.folder / "out.safetensors"
    judge.tool("mmdit-convert", source, "--layout", "bfl", "--dtype", "f32", "--output", output)
    found = read_safetensors(output) if output.exists() else {}
    judge.check(found.keys() == expected.keys(), f"{what}: the same tensors")
    for name, values in expected.items():
        dtype, shape, data = found.get(name, ("", [], b""))
        judge.check(
            dtype == "F32" and tuple(shape) == values.shape
            and data == values.astype("<f4").tobytes(), f"{what}: {name} has the same values")
    output.unlink(missing_ok=True)


with Judge() as judge:
    for type in TYPES:
        path = judge.folder / f"{type.name}.gguf"
        expected = write(path, type)
        compare(judge, path, expected, type.name)
        document = json.loads(judge.tool("mmdit-inspect", path, "--json").stdout or "{}")
        stored = {tensor["name"]: tensor["encoding"] for tensor in document.get("tensors", [])}
        name = "double_blocks.0.img_mlp.2.weight"
        judge.check(
            stored.get(name) == type.name,
            f"{type.name}: mmdit-inspect names the type, found {stored.get(name)}")
        path.unlink()
    expected = write(judge.folder / "set.gguf", Type.Q8_0, limit=1_000_000)
    first, *others = sorted(judge.folder.glob("set-*.gguf"))
    judge.check(len(others) > 2, f"a set of several files, found {1 + len(others)}")
    compare(judge, first, expected, "a set")
    judge.tool("mmdit-inspect", others[0], exits=64)
    others[-1].unlink()
    judge.tool("mmdit-inspect", first, exits=65)
