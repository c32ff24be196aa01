"""Judges what is read of other programs' codes: the values that those programs read themselves.

    judge_reading.py FOLDER_WITH_THE_TOOLS

Every program quantizes a small FLUX.2 transformer or Qwen3, saves it, and reads what it saved; then
mmdit-convert makes float32 of the same files. Rounded to the type that the program computes in, ours
must be its values bit for bit, except where `TOLERATED` says why not.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
import judge_reading_files as files
import torch
from safetensors.torch import load_file

# In units of the last place of the program's type. A program that rounds twice may end beside the
# number that rounding once gives: by one.
TOLERATED = {
    # code · SCB · (1/127) in float32; ours is code · (SCB / 127): three roundings against two.
    "bitsandbytes LLM.int8": 2,
}
# Both add eight products of two factors in float32, in different orders: of nine numbers of at most
# the largest magnitude m that a weight has with its parts, eight sums round by m · 2⁻²⁴ each.
WITH_SVD = 16 * 2.0 ** -24


def units_between(ours, theirs):
    """The largest distance of two tensors, in steps of their type at the larger magnitude."""
    if torch.equal(ours, theirs):
        return 0.0
    a, b = ours.double(), theirs.double()
    bits = {torch.bfloat16: 8, torch.float16: 11, torch.float32: 24}[theirs.dtype]
    step = 2.0 ** (torch.floor(torch.log2(torch.maximum(a.abs(), b.abs()).clamp(min=1e-30)))
                   - bits + 1)
    return float(((a - b).abs() / step).max())


def converted(judge, source, layout):
    output = judge.folder / "read.safetensors"
    report = judge.report("mmdit-convert", source, "--dequantize", "--dtype", "f32", "--layout",
                          layout, "--output", output)
    if not output.exists():
        return None, None
    found = load_file(output)
    output.unlink()
    return found, report


def judge_values(judge, what, source, values, layout):
    found, report = converted(judge, source, layout)
    if not judge.check(found is not None, f"{what} is read"):
        return
    judge.check(found.keys() == values.keys(),
                f"{what}: the same weights, not {sorted(found.keys() ^ values.keys())[:4]}")
    worst, where = 0.0, None
    for name in found.keys() & values.keys():
        theirs = values[name]
        judge.check(found[name].shape == theirs.shape, f"{what}: {name} is {theirs.shape}")
        if "SVD" in what:
            distance = float((found[name].double() - theirs.double()).abs().max())
            scale = float(theirs.double().abs().max())
            judge.check(distance <= WITH_SVD * scale,
                        f"{what}: {name} differs by {distance} of {scale}")
            continue
        distance = units_between(found[name].to(theirs.dtype), theirs)
        if distance > worst:
            worst, where = distance, name
    judge.check(worst <= TOLERATED.get(what, 0), f"{what}: {where} differs by {worst} units")
    codes = report["components"][0]["quantization"]
    judge.check(codes is not None and len(codes["tensors"]) > 10, f"{what}: said to be codes")


def judge_tools(judge, what, source):
    """Inspected as decoded, and refused where nothing says that codes shall become values."""
    document = json.loads(judge.tool("mmdit-inspect", source, "--json").stdout)
    judge.check(document["problem"] is None and document["quantization"]
                and all(entry["decoded"] for entry in document["quantization"]),
                f"{what}: inspected as {document['quantization']}, {document['problem']}")
    output = judge.folder / "never.safetensors"
    message = judge.tool("mmdit-convert", source, "--output", output, exits=64).stderr
    judge.check("--dequantize" in message and not output.exists(),
                f"{what}: no silent values: {message}")


def judge_bundle(judge):
    """Values of a bundle are those that it unpacks to."""
    bundle, _ = judge.quantize("a.mmdit", "int4-g64")
    unpacked, read = judge.folder / "unpacked.safetensors", judge.folder / "b.safetensors"
    judge.tool("mmdit-bundle", "unpack", bundle, "--output", unpacked)
    judge.tool("mmdit-convert", bundle, "--dequantize", "--output", read)
    judge.check(harness.read_safetensors(unpacked) == harness.read_safetensors(read),
                "a bundle is unpacked and dequantized to the same bits")


with harness.Judge() as judge:
    judge_bundle(judge)
    plain = judge.folder / "plain"
    files.transformer().save_pretrained(plain)
    for what, source, values in files.every_folder(judge.folder, plain):
        judge_values(judge, what, source, values, "diffusers")
        judge_tools(judge, what, source)
    base = judge.folder / "bfl.safetensors"
    judge.tool("mmdit-convert", plain, "--layout", "bfl", "--output", base)
    for what, source, values in files.single_files(judge.folder, base):
        judge_values(judge, what, source, values, "bfl")
        judge_tools(judge, what, source)
