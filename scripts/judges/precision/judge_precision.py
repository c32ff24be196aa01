"""Judges what is read of checkpoints in every precision: values bit for bit, overflows, and noise.

    judge_precision.py FOLDER_WITH_THE_TOOLS
"""

import json
import math
import pathlib
import sys

import numpy as np
import safetensors

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from codes import BF16, D, NUMPY, PLAIN, STORED, Coded, decibels, network, plain, rounded, write
from refusals import judge_refusals

PREFIX = "model.diffusion_model."
QKV = "double_blocks.0.img_attn.qkv"


# Conventions: each takes a layer's name and its codes and gives the tensors beside the weight.

def scalar(coded, extents=()):
    return coded.scale.reshape(extents)


def layer(name):
    return name.removesuffix(".weight")


def marker(format, coded, **more):
    fields = {"format": format} | more
    if coded.size:
        fields |= {"convrot": True, "convrot_groupsize": coded.size}
    return "U8", np.frombuffer(json.dumps(fields).encode(), "u1")


CONVENTIONS = {
    # name: (codes, their options, tensors beside the weight, prefix, tensors of the file, stored as)
    "ComfyUI 2025": (
        dict(dtype="F8_E4M3", per_row=False),
        lambda L, c: {f"{L}.scale_weight": ("F32", scalar(c)),
                      f"{L}.scale_input": ("F32", np.float32(1).reshape(()))},
        {"prefix": PREFIX, "file": {PREFIX + "scaled_fp8": ("F8_E4M3", np.zeros(0, "u1"))}}),
    "ComfyUI 2025, e5m2": (
        dict(dtype="F8_E5M2", per_row=False),
        lambda L, c: {f"{L}.scale_weight": ("F32", scalar(c, [1]))},
        {"file": {"scaled_fp8": ("F8_E5M2", np.zeros(2, "u1"))}}),
    "BFL, rows": (
        dict(dtype="F8_E4M3", per_row=True),
        lambda L, c: {f"{L}.weight_scale": ("F32", c.scale.reshape(-1))}, {}),
    "BFL, header": (
        dict(dtype="F8_E4M3", per_row=False),
        lambda L, c: {f"{L}.weight_scale": ("F32", scalar(c)),
                      f"{L}.input_scale": ("F32", np.float32(0.5).reshape(()))},
        {"header": "float8_e4m3fn"}),
    "BF16 scales": (
        dict(dtype="F8_E5M2", per_row=True, scale_type=BF16),
        lambda L, c: {f"{L}.weight_scale": ("BF16", c.scale)}, {}),
    "F16 scale": (
        dict(dtype="I8", per_row=False, scale_type="f2"),
        lambda L, c: {f"{L}.weight_scale": ("F16", scalar(c, [1]))}, {}),
    "ComfyUI FP8 as bytes": (
        dict(dtype="F8_E4M3", per_row=False),
        lambda L, c: {f"{L}.weight_scale": ("F32", scalar(c)),
                      f"{L}.comfy_quant": marker("float8_e4m3fn", c)}, {"stored": "U8"}),
    "ComfyUI int8": (
        dict(dtype="I8", per_row=False),
        lambda L, c: {f"{L}.weight_scale": ("F32", scalar(c)),
                      f"{L}.comfy_quant": marker("int8_tensorwise", c)}, {}),
    "ComfyUI int8, rows": (
        dict(dtype="I8", per_row=True),
        lambda L, c: {f"{L}.weight_scale": ("F32", c.scale),
                      f"{L}.comfy_quant": marker("int8_tensorwise", c, per_row=True)},
        {"header": "int8_tensorwise"}),
    "ComfyUI int8, rotated": (
        dict(dtype="I8", per_row=True, rotate=True),
        lambda L, c: {f"{L}.weight_scale": ("F32", c.scale),
                      f"{L}.comfy_quant": marker("int8_tensorwise", c)}, {}),
    "int8, rows": (
        dict(dtype="I8", per_row=True),
        lambda L, c: {f"{L}.weight_scale": ("F32", c.scale.reshape(-1))}, {}),
}

def coded_file(path, convention, weights):
    """Writes the network in a convention; returns name → Coded, name → float64 of what it decodes
    to, and the companions."""
    options, beside, more = CONVENTIONS[convention]
    prefix = more.get("prefix", "")
    tensors, values, codes = {}, {}, {}
    for name, original in weights.items():
        full = prefix + name
        if original.ndim == 1 or name in PLAIN:
            tensors[full] = plain(original, "BF16")
            values[name] = tensors[full][1].astype("f8")
            continue
        coded = codes[name] = Coded(original, **options)
        if coded.dtype.startswith("F8") and name == "txt_in.weight":
            coded.codes.view("u1")[0, :4] = [0x7F, 0xFF, 0x80, 0x01]  # NaNs, -0, a subnormal
        if options["per_row"] and not coded.size and name == "time_in.out_layer.weight":
            coded.codes[3], coded.scale[3] = 0, 0  # a row of zeros
        tensors[full] = (more.get("stored", coded.dtype), coded.codes)
        tensors |= beside(prefix + layer(name), coded)
        values[name] = coded.values.astype("f8")
    tensors |= more.get("file", {})
    header = None
    if "header" in more:
        layers = {layer(prefix + name): {"format": more["header"]} for name in codes}
        header = {"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": layers}),
                  "license": "mine"}
    write(path, tensors, header)
    companions = [name for name in tensors if name.removeprefix(prefix) not in weights]
    return codes, values, companions


def same(found, expected, dtype):
    """Whether tensors (dtype, shape, bytes) hold the expected numbers: bit for bit, but for NaNs."""
    if found[0] != dtype or found[1] != list(expected.shape):
        return False
    bits = np.frombuffer(found[2], NUMPY[dtype]).astype("f8").reshape(expected.shape)
    return np.array_equal(bits, expected, equal_nan=True) and np.array_equal(
        np.signbit(bits) | np.isnan(bits), np.signbit(expected) | np.isnan(expected))


def convert(judge, source, *options, layout="bfl"):
    """The tensors of the output, and what the report says of its one component."""
    output = judge.folder / "converted.safetensors"
    report = judge.report(
        "mmdit-convert", source, "--layout", layout, "--output", output, *options)
    [component] = report["components"]
    return harness.read_safetensors(output), component


def judge_values(judge, what, source, values, types=("f32", "bf16", "f16")):
    """Every target type: every value, and every count of overflows."""
    for target in types:
        found, report = convert(judge, source, "--dtype", target)
        overflows = {entry["name"]: entry["overflows"] for entry in report["ledger"]}
        for name, exact in values.items():
            expected, count = rounded(exact, target)
            judge.check(same(found[name], expected, STORED[target]),
                        f"{what}: {name} is right as {target}")
            judge.check(overflows[name] == count,
                        f"{what}: {name} as {target}: {overflows[name]} overflows, not {count}")
        judge.check(found.keys() == values.keys(), f"{what}: no more tensors as {target}")


# Values that two roundings get wrong, or that lie on the edge of a range.
def planted():
    ties = [1 + 2**-8 + 2**-40, -(1 + 2**-8 - 2**-40), 1 + 3 * 2**-8, 1 + 2**-11 + 2**-45,
            1 + 2**-24 + 2**-50, 2**-24 * (1.5 + 2**-45), 2**-25, 2**-25 * (1 + 2**-40)]
    edges = [2.0**128 - 2.0**103, np.nextafter(2.0**128 - 2.0**103, 0), -1e300, 65519.99, 65520,
             3.3961775292304601e38, float(np.finfo("f4").max), 2.0**-149 * 0.75, 2.0**-150, 5e-324,
             2.0**-133 * 1.5, -0.0, np.inf, -np.inf, np.nan]
    return np.array(ties + edges)


def judge_plain(judge):
    for dtype in ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"):
        weights = network(1)
        weights["single_blocks.0.linear1.weight"].reshape(-1)[:23] = planted()
        weights[f"{QKV}.weight"].reshape(-1)[:5] = [7e4, -7e4, 65536, 1e5, 3e38]
        with np.errstate(over="ignore"):
            stored = {name: plain(values, dtype) for name, values in weights.items()}
        source = write(judge.folder / f"{dtype}.safetensors", stored)
        exact = {name: array.astype("f8") for name, (_, array) in stored.items()}
        judge_values(judge, dtype, source, exact)
        kept, report = convert(judge, source)
        judge.check(kept == harness.read_safetensors(source), f"{dtype}: every bit is kept")
        said = report["quantization"]
        if not dtype.startswith("F8"):
            judge.check(said is None, f"{dtype}: not taken for codes")
            continue
        sums = {}
        for name, (_, array) in stored.items():
            coded = Coded.__new__(Coded)
            coded.dtype, coded.codes, coded.scale = dtype, array, np.ones(1, "f4")
            sums[name] = coded.noise()
        judge_noise(judge, dtype, said, sums)


def judge_noise(judge, what, said, sums):
    # Both add the same terms in double precision; some ten thousand of them differ by less than
    # 1e-10 in any order.
    found = {tensor["name"]: tensor["decibels_at_best"] for tensor in said["tensors"]}
    judge.check(found.keys() == sums.keys(), f"{what}: every coded tensor is said to be one")
    for name, pair in sums.items():
        judge.check(math.isclose(found[name] or math.nan, decibels([pair]), rel_tol=1e-9),
                    f"{what}: {name}: {found[name]} dB, not {decibels([pair])}")
    total = decibels(sums.values())
    judge.check(math.isclose(said["decibels_at_best"], total, rel_tol=1e-9) and not said["sampled"],
                f"{what}: {said['decibels_at_best']} dB of all, not {total}")
    return total


def judge_conventions(judge):
    for seed, (convention, (options, _, more)) in enumerate(CONVENTIONS.items()):
        weights = network(100 + seed)
        source = judge.folder / "coded.safetensors"
        codes, values, companions = coded_file(source, convention, weights)
        prefix = more.get("prefix", "")
        judge_values(judge, convention, source, values)

        found, report = convert(judge, source, "--dequantize")
        for name, exact in values.items():
            judge.check(same(found[name], rounded(exact, "bf16")[0], "BF16"),
                        f"{convention}: {name} becomes BF16 where no type is asked for")
        refused = judge.tool(
            "mmdit-convert", source, "--output", judge.folder / "no.safetensors", exits=64).stderr
        judge.check("--dequantize or --dtype" in refused and not (judge.folder / "no.safetensors").exists(),
                    f"{convention}: nothing becomes values unasked: {refused}")
        sums = {prefix + name: coded.noise() for name, coded in codes.items()}
        total = judge_noise(judge, convention, report["quantization"], sums)
        judge_truth(judge, convention, weights, codes, values, options["dtype"], total)
        fates = {entry["name"]: (entry["fate"], entry["weight"]) for entry in report["companions"]}
        judge.check(list(fates) == companions, f"{convention}: every companion is in the report")
        for name, (fate, weight) in fates.items():
            used = name.endswith(("weight_scale", "scale_weight"))
            owner = None if name.endswith("scaled_fp8") else name.rpartition(".")[0] + ".weight"
            judge.check((fate, weight) == ("used" if used else "dropped", owner),
                        f"{convention}: {name} is {fate}, of {weight}")
        with safetensors.safe_open(judge.folder / "converted.safetensors", "numpy") as file:
            judge.check("_quantization_metadata" not in file.metadata()
                        and file.metadata().get("license") == ("mine" if "header" in more else None),
                        f"{convention}: of the metadata only what describes codes is gone")
        text = judge.tool("mmdit-convert", source, "--dequantize", "--output",
                          judge.folder / "x.safetensors", "--dry-run").stdout
        judge.check(f"source is already 8-bit: at best {total:.1f} dB" in text,
                    f"{convention}: it is said: {text[-300:]}")
        document = json.loads(judge.tool("mmdit-inspect", source, "--json").stdout)
        said = document["quantization"]
        judge.check(document["problem"] is None and all(
            entry["decoded"] and entry["format"].startswith(options["dtype"]) for entry in said)
            and sum(entry["tensors"] for entry in said) == len(codes),
                    f"{convention}: inspected as {said}, {document['problem']}")

        rows, report = convert(judge, source, "--dtype", "f32", layout="diffusers")
        thirds = values[f"{QKV}.weight"].reshape(3, D, D)
        for part, expected in zip("qkv", thirds):
            judge.check(same(rows[f"transformer_blocks.0.attn.to_{part}.weight"], expected, "F32"),
                        f"{convention}: {part} has its rows and their scales")
        halves = values["final_layer.adaLN_modulation.1.weight"]
        judge.check(same(rows["norm_out.linear.weight"],
                         np.concatenate([halves[D:], halves[:D]]), "F32"),
                    f"{convention}: swapped halves have their scales")


def judge_truth(judge, convention, weights, codes, values, dtype, total):
    """The stated figure is what was lost, where the originals are known.

    A sum of n squares of evenly distributed errors has a relative deviation of 0.9 / sqrt(n); six
    of them for the 150,000 codes are 0.014, or 0.06 dB. Below a power of two the steps of FP8 are
    half as wide, so a code there has 3/4 of the error that is stated: up to 1.25 dB less.
    """
    noise = signal = 0
    for name in codes:
        known = np.isfinite(values[name]) & (values[name] != 0)
        signal += (values[name][known] ** 2).sum()
        noise += ((values[name] - weights[name])[known] ** 2).sum()
    measured = 10 * math.log10(signal / noise)
    most = 0.1 if dtype == "I8" else 1.35
    judge.check(-0.1 <= measured - total <= most,
                f"{convention}: at best {total:.2f} dB was stated, {measured:.2f} is true")


def judge_llm_int8(judge):
    """A diffusers folder as bitsandbytes leaves it."""
    plain_file = write(judge.folder / "f32.safetensors",
                       {name: plain(values, "F32") for name, values in network(7).items()})
    judge.tool("mmdit-convert", plain_file, "--output", judge.folder / "plain")
    folder = judge.folder / "llm-int8"
    folder.mkdir()
    configuration = json.loads((judge.folder / "plain/config.json").read_text())
    configuration["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    (folder / "config.json").write_text(json.dumps(configuration))
    tensors, values = {}, {}
    file = judge.folder / "plain/diffusion_pytorch_model.safetensors"
    for name, (_, shape, raw) in harness.read_safetensors(file).items():
        array = np.frombuffer(raw, "f4").reshape(shape)
        if array.ndim == 1:
            tensors[name] = plain(array, "F16")
            values[name] = tensors[name][1].astype("f8")
            continue
        half = array.astype("f2").astype("f4")
        largest = np.abs(half).max(axis=1)
        codes = np.rint(half * (127 / largest)[:, None]).astype("i1")
        tensors |= {name: ("I8", codes), f"{layer(name)}.SCB": ("F32", largest),
                    f"{layer(name)}.weight_format": ("U8", np.zeros((), "u1"))}
        scale = (largest / np.float32(127))[:, None]
        values[name] = (codes.astype("f4") * scale).astype("f8")
    write(folder / "diffusion_pytorch_model.safetensors", tensors, {"format": "pt"})
    output = judge.folder / "decoded"
    report = judge.report("mmdit-convert", folder, "--output", output, "--dtype", "f32")
    [component] = report["components"]
    found = harness.read_safetensors(output / "diffusion_pytorch_model.safetensors")
    for name, expected in values.items():
        judge.check(same(found[name], expected, "F32"), f"LLM.int8: {name}")
    written = json.loads((output / "config.json").read_text())
    judge.check("quantization_config" not in written and written["num_layers"] == 1,
                "LLM.int8: the configuration of values does not speak of codes")
    judge.check(len(component["companions"]) == 2 * sum("SCB" in name for name in tensors),
                "LLM.int8: companions are reported")


def judge_sample(judge):
    """A tensor too large to be read whole. One scale, so only Σ w² of the sample varies: by
    sqrt(2 / 2¹⁸), six times which is 0.07 dB."""
    weights = network(11, text_width=8192)
    source = judge.folder / "large.safetensors"
    codes, _, _ = coded_file(source, "ComfyUI int8", weights)
    report = judge.report(
        "mmdit-convert", source, "--dequantize", "--output", judge.folder / "y.safetensors",
        "--dry-run")
    said = report["components"][0]["quantization"]
    found = {tensor["name"]: tensor["decibels_at_best"] for tensor in said["tensors"]}
    expected = decibels([codes["txt_in.weight"].noise()])
    judge.check(said["sampled"] and abs(found["txt_in.weight"] - expected) < 0.07,
                f"a sample tells {found['txt_in.weight']} dB of {expected}")
    total = decibels([coded.noise() for coded in codes.values()])
    judge.check(abs(said["decibels_at_best"] - total) < 0.07,
                f"a sampled tensor counts whole: {said['decibels_at_best']} dB of {total}")


def judge_bundle(judge):
    """Quantizing codes quantizes their values."""
    source = judge.folder / "coded.safetensors"
    weights = network(21)
    coded_file(source, "BFL, header", weights)
    # Without the NaNs, which have no code.
    tensors = {name: (dtype, np.frombuffer(raw, NUMPY[dtype]).reshape(shape).copy())
               for name, (dtype, shape, raw) in harness.read_safetensors(source).items()}
    tensors["txt_in.weight"][1].view("u1")[0, :2] = 0
    write(source, tensors)
    values = judge.folder / "values.safetensors"
    judge.tool("mmdit-convert", source, "--layout", "bfl", "--output", values, "--dtype", "f32")
    unpacked = {}
    for name, model in (("codes", source), ("values", values)):
        bundle, report = judge.quantize(f"{name}.mmdit", "int8", model=model)
        judge.check((report["source_quantization"] is not None) == (name == "codes"),
                    f"quantizing {name}: the report says what the source is")
        path = judge.folder / f"{name}.unpacked.safetensors"
        judge.tool("mmdit-bundle", "unpack", bundle, "--output", path)
        unpacked[name] = (harness.read_safetensors(path), report)
    for entry in unpacked["codes"][1]["tensors"]:
        found, twin = (unpacked[name][0][entry["name"]] for name in ("codes", "values"))
        if entry["quantized"]:
            judge.check(found == twin, f"{entry['name']}: codes of codes are codes of values")
        else:
            exact = np.frombuffer(twin[2], "f4").reshape(twin[1]).astype("f8")
            judge.check(same(found, rounded(exact, "bf16")[0], "BF16"),
                        f"{entry['name']}: a kept tensor has the values in BF16")


def judge_mixed(judge):
    file = judge.folder / "plain/diffusion_pytorch_model.safetensors"
    odd = "transformer_blocks.0.attn.to_v.weight"
    tensors = {
        name: plain(np.frombuffer(raw, "f4").reshape(shape), "F32" if name == odd else "BF16")
        for name, (_, shape, raw) in harness.read_safetensors(file).items()}
    source = write(judge.folder / "mixed.safetensors", tensors)
    output = judge.folder / "z.safetensors"
    process = judge.tool("mmdit-convert", source, "--layout", "bfl", "--output", output, exits=65)
    judge.check(f'found BF16 and F32 in "{odd}"' in process.stderr, f"named: {process.stderr}")
    judge.tool("mmdit-convert", source, "--layout", "bfl", "--output", output, "--dtype", "bf16")


with harness.Judge() as judge:
    judge_plain(judge)
    judge_conventions(judge)
    judge_llm_int8(judge)
    judge_sample(judge)
    judge_bundle(judge)
    judge_mixed(judge)
    judge_refusals(judge)
