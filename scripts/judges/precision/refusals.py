"""Codes that must be refused by name, and scales and markers that do not fit."""

import json

import numpy as np

from codes import E4M3, Coded, network, plain, write

L = "single_blocks.0.linear1"
W = f"{L}.weight"


def u8(*shape):
    return "U8", np.zeros(shape, "u1")


def f32(*shape):
    return "F32", np.ones(shape, "f4")


def text(value):
    raw = value if isinstance(value, bytes) else (
        value if isinstance(value, str) else json.dumps(value)).encode()
    return "U8", np.frombuffer(raw, "u1")


def foreign(rows, columns):
    """what must be named: (the tensors of a layer, the tensor that must be named)."""
    n, k = rows, columns
    e4m3 = lambda *shape: ("F8_E4M3", np.ones(shape, E4M3))
    i8 = lambda *shape: ("I8", np.ones(shape, "i1"))
    return {
        "bitsandbytes 4-bit codes": {
            W: u8(n * k // 2, 1), f"{W}.absmax": f32(n * k // 64), f"{W}.quant_map": f32(16)},
        "MXFP8 codes": {W: e4m3(n, k), f"{L}.weight_scale": ("F8_E8M0", np.ones((n, k // 32), "u1"))},
        "MXFP4 codes": {W: u8(n, k // 2), f"{L}.weight_scale": u8(n, k // 32)},
        "SVDQuant codes (nunchaku)": {
            f"{L}.qweight": i8(n, k // 2), f"{L}.wscales": ("BF16", plain(np.ones((k // 64, n)), "BF16")[1]),
            f"{L}.proj_down": f32(k, 16), f"{L}.proj_up": f32(n, 16), f"{L}.smooth_factor": f32(k)},
        "GPTQ or AWQ codes": {f"{L}.qweight": ("I32", np.ones((k // 8, n), "i4")),
                              f"{L}.qzeros": ("I32", np.ones((1, n // 8), "i4"))},
        "packed codes with zero points (compressed-tensors)": {
            f"{L}.weight_packed": ("I32", np.ones((n, k // 8), "i4")), f"{L}.weight_scale": f32(n, 1),
            f"{L}.weight_zero_point": ("I32", np.ones((n // 8, 1), "i4"))},
        "NVFP4 codes of compressed-tensors": {
            f"{L}.weight_packed": u8(n, k // 2), f"{L}.weight_scale": e4m3(n, k // 16),
            f"{L}.weight_global_scale": f32(1)},
        "torchao codes of I32": {f"{L}._weight_qdata": ("I32", np.ones((n, k // 8), "i4")),
                                 f"{L}._weight_scale": f32(n, 1)},
        "quanto codes of 2 or 4 bits": {
            f"{W}._data._data": u8(n // 2, k), f"{W}._scale": f32(n, 1), f"{W}._shift": f32(n, 1)},
        "SDNQ codes of U8": {W: u8(n, k), f"{L}.scale": f32(n, 1), f"{L}.zero_point": f32(n, 1)},
        "MLX codes without biases": {
            W: ("U32", np.ones((n, k // 8), "u4")), f"{L}.scales": u8(n, k // 32)},
        "FP8 codes with scales of blocks": {W: e4m3(n, k), f"{L}.weight_scale_inv": f32(1, 1)},
        "ComfyUI asym_w4a8_int8 codes": {
            W: i8(n, k // 2), f"{L}.weight_s_rel": e4m3(n, k // 16),
            f"{L}.weight_s_channel": f32(n)},
        "ComfyUI awq_w4a16 codes": {W: i8(n, k // 2), f"{L}.weight_zeros": f32(k // 64, n)},
        "ComfyUI convrot_w4a4 codes": {
            W: i8(n, k // 2), f"{L}.weight_scale": f32(n),
            f"{L}.comfy_quant": text({"format": "convrot_w4a4"})},
        "ComfyUI int8_blockwise codes": {
            W: i8(n, k), f"{L}.weight_scale": f32(n, 2),
            f"{L}.comfy_quant": text({"format": "int8_blockwise"})},
        "LLM.int8 codes in the order 2": {
            W: i8(n, k), f"{L}.SCB": f32(n), f"{L}.weight_format": ("U8", np.full((), 2, "u1"))},
    }


def misfits(rows, columns):
    """what is wrong: (the tensors of a layer, header, what the message must have)."""
    n, k = rows, columns
    codes = ("I8", np.ones((n, k), "i1"))
    fp8 = ("F8_E4M3", np.ones((n, k), E4M3))
    scale, mark = f"{L}.weight_scale", f"{L}.comfy_quant"

    def number(value):
        return "F32", np.array(value, "f4")

    def marked(fields, weight=codes, scales=number(1)):
        return {W: weight, scale: scales, mark: text(fields)}

    rotated = {"format": "int8_tensorwise", "convrot": True}
    one = {"format": "int8_tensorwise"}
    header = lambda layers: {"_quantization_metadata": json.dumps({"layers": layers})}
    rows_but_one = np.ones(n, "f4")
    rows_but_one[-1] = np.inf
    return {
        "int8 without a scale": ({W: codes}, None, ["expected a scale", W, scale]),
        "bytes without a scale": ({W: ("U8", np.ones((n, k), "u1"))}, None, [W, scale]),
        "bytes with a scale": (
            {W: ("U8", np.ones((n, k), "u1")), scale: number(1)}, None, [W, "U8"]),
        "a scale without its weight": (
            {W: plain(np.ones((n, k)), "BF16"), "lost.weight_scale": number(1)}, None,
            ['"lost.weight_scale"', '"lost.weight"']),
        "a scale of a plain weight": (
            {W: plain(np.ones((n, k)), "BF16"), scale: number(1)}, None, [scale, "BF16"]),
        "two scales": ({W: fp8, scale: number(1), f"{L}.scale_weight": number(1)}, None,
                       ["scale_weight", "weight_scale"]),
        "a NaN": ({W: fp8, scale: number(np.nan)}, None, [scale, W, "finite", "nan"]),
        "a negative scale": ({W: fp8, scale: number(-1)}, None, [scale, "-1"]),
        "an infinite scale of the last row": (
            {W: fp8, scale: ("F32", rows_but_one)}, None, [scale, f"element {n - 1}", "inf"]),
        "a scale of 0": ({W: codes, scale: number(0)}, None, [scale, "above 0", "row 0"]),
        "a scale too few": ({W: fp8, scale: f32(n - 1)}, None, [scale, f"[{n - 1}]", f"[{n}]"]),
        "scales of columns": ({W: fp8, scale: f32(1, k)}, None, [scale, f"[1, {k}]"]),
        "scales of groups": ({W: fp8, scale: f32(n, 2)}, None, [scale, f"[{n}, 2]"]),
        "no scale at all": ({W: fp8, scale: f32(0)}, None, [scale, "[0]"]),
        "scales of F64": ({W: fp8, scale: ("F64", np.ones(n))}, None, [scale, "F64", "F32"]),
        "LLM.int8 with one scale": ({W: codes, f"{L}.SCB": number([1])}, None, ["SCB", "[1]"]),
        "LLM.int8 of FP8": ({W: fp8, f"{L}.SCB": f32(n)}, None, [W, "F8_E4M3"]),
        "a marker of another type": (
            marked({"format": "float8_e4m3fn"}), None, [W, "F8_E4M3", "I8"]),
        "a marked FP8 weight without a scale": (
            {W: fp8, mark: text({"format": "float8_e4m3fn"})}, None, [W, scale]),
        "markers that contradict": (
            marked(rotated | {"convrot_groupsize": 16}), header({L: one}), [mark, "rotation"]),
        "a header's layer without a weight": ({W: codes, scale: number(1)},
                                              header({"lost": one}), ["lost", "lost.weight"]),
        "a header's marker of a plain weight": (
            {W: plain(np.ones((n, k)), "BF16")}, header({L: one}), [W, "BF16"]),
        "an unknown format": (marked({"format": "int3"}), None, [W, "int3"]),
        "groups of 3": (marked(rotated | {"convrot_groupsize": 3}), None, [mark, "power of four"]),
        "groups of 8": (marked(rotated | {"convrot_groupsize": 8}), None, [mark, "power of four"]),
        "huge groups": (
            marked(rotated | {"convrot_groupsize": 1 << 62}), None, [mark, "power of four"]),
        "groups that do not fill rows": (
            marked(rotated | {"convrot_groupsize": 1024}), None, [W, "1024"]),
        "a rotated FP8 weight": (
            marked({"format": "float8_e4m3fn", "convrot": True, "convrot_groupsize": 4}, fp8),
            None, [W, "rotated"]),
        "a marker that is no JSON": (marked("{"), None, [mark, "JSON"]),
        "a marker that is no UTF-8": (marked(b'{"format": "\xff"}'), None, [mark, "UTF-8"]),
        "a key twice": (
            marked('{"format": "int8_tensorwise", "format": "x"}'), None, [mark, "once"]),
        "a deep marker": (marked("[" * 30000), None, [mark, "inside each other"]),
        "a marker without a format": (marked({}), None, [mark, "format"]),
        "a format that is a number": (marked({"format": 8}), None, [mark, "a string"]),
        "a huge marker": (marked(b" " * 70000), None, [mark, "65536"]),
        "an empty marker": (marked(b""), None, [mark]),
        "a marker of F32": ({W: codes, scale: number(1), mark: f32(8)}, None, [mark, "F32"]),
        "a header that is no JSON": (
            {W: codes, scale: number(1)}, {"_quantization_metadata": "{"}, ["JSON"]),
        "a header without layers": (
            {W: codes, scale: number(1)}, {"_quantization_metadata": "{}"}, ["layers"]),
    }


def judge_refusals(judge):
    weights = network(31)
    rows, columns = weights[W].shape
    rest = {name: plain(values, "BF16") for name, values in weights.items() if name != W}
    source, output = judge.folder / "refused.safetensors", judge.folder / "never.safetensors"

    def refusal(tensors, header, what):
        write(source, rest | tensors, header)
        convert = judge.tool(
            "mmdit-convert", source, "--dequantize", "--output", output, exits=65)
        judge.tool("mmdit-quantize", source, "--recipe", "int8", "--output", output, exits=65)
        judge.check(not output.exists(), f"{what}: nothing is written")
        return convert.stderr

    for format, tensors in foreign(rows, columns).items():
        message = refusal(tensors, None, format)
        judge.check(format in message and L in message and "unquantized" in message,
                    f"{format} is named with a tensor and what to do: {message}")
        document = json.loads(judge.tool("mmdit-inspect", source, "--json").stdout)
        said = document["quantization"]
        judge.check(len(said) == 1 and not said[0]["decoded"] and format in said[0]["format"]
                    and said[0]["tensors"] == 1 and format in document["problem"],
                    f"{format} is inspected: {said}")
    for what, (tensors, header, expected) in misfits(rows, columns).items():
        message = refusal(tensors, header, what)
        judge.check(all(part in message for part in expected), f"{what}: {message}")
    # What is refused above is refused for what is wrong with it: this is not.
    coded = Coded(weights[W], "I8", True, rotate=True)
    write(source, rest | {W: ("I8", coded.codes), f"{L}.weight_scale": ("F32", coded.scale),
                          f"{L}.comfy_quant": text({"format": "int8_tensorwise", "params": {
                              "convrot": True, "convrot_groupsize": coded.size}})})
    judge.tool("mmdit-convert", source, "--dequantize", "--output", output)
