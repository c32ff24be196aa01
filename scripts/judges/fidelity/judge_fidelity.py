"""Judges mmdit-verify: its figures of tensors, steps and pictures against numpy, that it finds one
wrong scale, and that it blames the block that is at fault.

    judge_fidelity.py FOLDER_WITH_THE_TOOLS
"""

import copy
import json
import math
import pathlib
import sys
import zlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from harness import GOLDENS, MODEL, QUICK_GOLDEN, read_safetensors, source_tensors
from read_bundle import Bundle, to_float32
from read_png import read_png

SOURCES = source_tensors()
SEGMENT = 64
# A sum of n float64 terms of one sign, added one after the other, is off by at most n · 2^-53 of
# itself. All figures are made of up to three such sums (nearly all products of the cosine are
# positive) and a few operations more, for which 8 instead of 3 leaves room; logarithms and roots
# only make relative errors smaller here. The largest tensor that is compared:
LARGEST = 2304 * 256
TOLERANCE = 1e-9
assert 8 * LARGEST * 2.0**-53 < TOLERANCE


def source(name):
    dtype, shape, data = SOURCES[name]
    return to_float32(data, dtype).reshape(shape).astype(np.float64)


def worst_segment(reference, error):
    """(relative error, row, column) of the first worst segment in the order of rows."""
    rows = reference.reshape(-1, reference.shape[-1])
    error = error.reshape(rows.shape)
    starts = range(0, rows.shape[1], SEGMENT)
    means = np.stack([(error[:, at:at + SEGMENT] ** 2).mean(axis=1) for at in starts], axis=1)
    relative = np.sqrt(means / (rows**2).mean(axis=1, keepdims=True))
    row, segment = np.unravel_index(relative.argmax(), relative.shape)
    return relative[row, segment], int(row), int(segment) * SEGMENT


def figures(bundle, name):
    """The figures of formats/fidelity-report.md of one tensor, in float64."""
    reference, found = source(name), bundle.decode(name).astype(np.float64)
    error = found - reference
    noise, signal = (error**2).sum(), (reference**2).sum()
    if noise == 0:
        return dict(maximum_absolute_error=0, root_mean_square_error=0, relative_error=0,
                    signal_to_noise_db=None, cosine=1), (0, 0, 0)
    return dict(
        maximum_absolute_error=abs(error).max(),
        root_mean_square_error=math.sqrt(noise / error.size),
        relative_error=math.sqrt(noise / signal),
        signal_to_noise_db=10 * math.log10(signal / noise),
        cosine=(found * reference).sum() / math.sqrt((found**2).sum() * signal),
    ), worst_segment(reference, error)


def verify(judge, path, exits=0):
    report = judge.report("mmdit-verify", "--golden", GOLDENS, "--reference", MODEL,
                          "--candidate", path, "--only", QUICK_GOLDEN, exits=exits)
    return report, report["candidates"][1]


def close(found, expected):
    if expected is None or found is None:
        return found is expected
    return abs(found - expected) <= TOLERANCE * abs(expected)


def check_figures(judge, path):
    bundle = Bundle(path)
    _, candidate = verify(judge, path)
    tensors = {tensor["name"]: tensor for tensor in candidate["tensors"]}
    judge.check(list(tensors) == list(bundle.tensors), f"{path.name}: every tensor in order")
    quantized = [name for name in tensors if "scheme" in bundle.tensors[name]]
    kept = [name for name in tensors if name not in quantized]
    picked = quantized[:: len(quantized) // 8][:8] + kept[:: len(kept) // 2][:2]
    for name in picked:
        expected, (relative, row, column) = figures(bundle, name)
        found = tensors[name]
        for key, value in expected.items():
            judge.check(close(found[key], value), f"{name}: {key}: {found[key]}, numpy {value}")
        segment = found["worst_segment"]
        judge.check(close(segment["relative_error"], relative), f"{name}: worst segment: {segment}")
        judge.check((segment["row"], segment["column"]) == (row, column), f"{name}: {segment}")
        stored = 8 * sum(run[3] for run in bundle.runs(name)) / source(name).size
        judge.check(close(found["bits_per_weight"], stored), f"{name}: bits_per_weight")
    for golden in candidate["goldens"]:
        steps = golden["steps"]
        judge.check(len(steps) == 4, f"{golden['id']}: steps")
        judge.check(golden["velocity_relative_error"] == max(
            step["velocity_relative_error"] for step in steps), "velocity: the largest of any step")
        judge.check(golden["latents_relative_error"] == steps[-1]["drift_relative_error"],
                    "latents: the drift after the last step")
    total = 8 * sum(run[3] for name in tensors for run in bundle.runs(name))
    count = sum(math.prod(tensor["shape"]) for tensor in bundle.tensors.values())
    judge.check(close(candidate["bits_per_weight"], total / count), "bits_per_weight")
    print(f"{path.stem}: {len(picked)} tensors have the figures of numpy to {TOLERANCE:g}")


def with_wrong_scale(bundle, name, index, factor):
    """The bytes of the bundle with one bf16 scale of a tensor multiplied, all checksums right."""
    header, data = copy.deepcopy(bundle.header), bytearray(bundle.data[:bundle.header_offset])
    tensor = next(tensor for tensor in header["tensors"] if tensor["name"] == name)
    begin = tensor["scales"]["offset"]
    at = begin + 2 * index
    scale = to_float32(bytes(data[at:at + 2]), "BF16") * np.float32(factor)
    # Cut, not rounded: what matters is that it is wrong.
    data[at:at + 2] = (scale.view(np.uint32) >> 16).astype("<u2").tobytes()
    tensor["scales"]["crc32"] = f"{zlib.crc32(data[begin:begin + tensor['scales']['bytes']]):08x}"
    return harness.with_header(bundle, header, data)


def check_wrong_scale(judge, path, name, row, factor):
    """A bundle that is whole but has one wrong scale fails, and the report says where."""
    bundle = Bundle(path)
    groups = bundle.scales(name).shape[1]
    index = row * groups + groups // 2
    broken = judge.folder / f"{path.stem}-wrong.mmdit"
    broken.write_bytes(with_wrong_scale(bundle, name, index, factor))
    judge.tool("mmdit-bundle", "check", broken)
    differing = [other for other in bundle.tensors
                 if (Bundle(broken).decode(other) != bundle.decode(other)).any()]
    judge.check(differing == [name], f"only {name} is changed: {differing}")
    report, candidate = verify(judge, broken, exits=1)
    judge.check(report["verdict"] == candidate["verdict"] == "fail", f"{broken.name}: verdict")
    judge.check(report["candidates"][0]["verdict"] == "pass", "the reference is not to blame")
    found = [violation for violation in candidate["violations"]
             if violation["limit"].startswith(("segment", "weight"))]
    judge.check(len(found) == 1 and found[0]["subject"] == name
                and found[0]["place"].startswith(f"row {row}, "),
                f"{name} row {row} of {path.stem} × {factor}: {candidate['violations']}")
    measured = next(t for t in candidate["tensors"] if t["name"] == name)
    worst = measured["worst_segment"]["relative_error"]
    _, (expected, *_) = figures(Bundle(broken), name)
    judge.check(close(worst, expected), f"{name}: worst segment {worst}, numpy {expected}")
    limit = candidate["thresholds"].get("segment_relative_error")
    print(f"{path.stem}: one scale of {name} × {factor}: worst segment {worst:.3f}, limit {limit}; "
          f"relative error of the tensor only {measured['relative_error']:.4f}")


GUIDED_GOLDEN = "apple-wide"


def float32(tensors, name):
    _, shape, data = tensors[name]
    return np.frombuffer(data, "<f4").reshape(shape)


def relative_error(found, expected):
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    return math.sqrt(((found - expected) ** 2).sum() / (expected**2).sum())


def step_errors(found, golden, guidance):
    """The errors of each step, by key: of the predictions, and of what guidance makes of both."""
    errors = []
    for step in range(len(float32(golden, f"{GUIDED_GOLDEN}.velocity"))):
        pairs = [(float32(found, f"{GUIDED_GOLDEN}.{kind}")[step],
                  float32(golden, f"{GUIDED_GOLDEN}.{kind}")[step])
                 for kind in ("velocity", "negative_velocity")]
        guide = lambda positive, negative: negative + np.float32(guidance) * (positive - negative)
        pairs.append(tuple(guide(*both) for both in zip(*pairs)))
        errors.append([relative_error(*pair) for pair in pairs])
    return errors


def check_steps(judge, path):
    """The errors of steps are those of the predictions that --velocities writes."""
    folder = judge.folder / "velocities"
    report = judge.report("mmdit-verify", "--golden", GOLDENS, "--reference", MODEL, "--candidate",
                          path, "--only", GUIDED_GOLDEN, "--velocities", folder)
    golden = read_safetensors(GOLDENS)
    runs = json.loads(GOLDENS.with_suffix(".json").read_text())["goldens"]
    guidance = next(run["guidance"] for run in runs if run["id"] == GUIDED_GOLDEN)
    keys = [f"{kind}velocity_relative_error" for kind in ("", "negative_", "guided_")]
    for candidate in report["candidates"]:
        found = read_safetensors(folder / f"{candidate['name']}.safetensors")
        expected = step_errors(found, golden, guidance)
        steps = candidate["goldens"][0]["steps"]
        judge.check(len(steps) == len(expected), f"{candidate['name']}: {len(steps)} steps")
        for number, (step, errors) in enumerate(zip(steps, expected)):
            for key, error in zip(keys, errors):
                judge.check(close(step[key], error),
                            f"{candidate['name']} step {number}: {key}: {step[key]}, numpy {error}")
        # The figures of this step are not those of another guidance, or the check says nothing.
        wrong = step_errors(found, golden, guidance + 1)
        judge.check(not close(steps[0][keys[2]], wrong[0][2]), "guidance is part of the figure")
    print(f"{path.stem}: {len(steps)} steps of {GUIDED_GOLDEN} have the errors of numpy")


def check_pictures(judge, path):
    """Pictures lie where the report says, and PSNR is that of the files."""
    report_path = judge.folder / "reports" / "fidelity.json"
    report_path.parent.mkdir()
    judge.tool("mmdit-verify", "--golden", GOLDENS, "--reference", MODEL, "--candidate", path,
               "--only", QUICK_GOLDEN, "--images", judge.folder / "pictures",
               "--json", report_path)
    report = json.loads(report_path.read_text())
    _, shape, data = read_safetensors(GOLDENS)[f"{QUICK_GOLDEN}.image"]
    golden = np.frombuffer(data, np.uint8).reshape(shape)
    for candidate in report["candidates"]:
        picture = candidate["goldens"][0]["picture"]
        found = read_png(report_path.parent / picture["file"])
        kept = read_png(report_path.parent / picture["golden_file"])
        judge.check((kept == golden).all(), f"{picture['golden_file']}: the golden's picture")
        noise = ((found.astype(np.float64) - golden) ** 2).mean()
        ratio = 10 * math.log10(255**2 / noise) if noise else None
        judge.check(close(picture["psnr_db"], ratio), f"{candidate['name']}: {picture}, {ratio}")
        largest = abs(found.astype(int) - golden).max()
        judge.check((largest <= 1) == (candidate["name"] == "reference"),
                    f"{candidate['name']}: {largest} levels from the golden")
    print(f"{path.stem}: pictures differ from diffusers' by at most one level for the reference, "
          f"by {largest} for the candidate")


def check_attribution(judge):
    """Of a bundle with one block quantized, this block has an error and no other module."""
    block = "single_transformer_blocks.4"
    recipe = judge.folder / "one-block.json"
    scheme = {"bits": 4, "symmetric": True, "group": 64, "scale": "bf16", "clip": "absmax"}
    recipe.write_text(json.dumps({
        "format": "mmdit-recipe", "version": 1, "name": "one-block", "rules": [
            {"match": f"{block}.attn.to_*.weight", "scheme": scheme}]}))
    path, _ = judge.quantize("one-block.mmdit", recipe)
    report = judge.report("mmdit-verify", "--golden", GOLDENS, "--reference", MODEL, "--candidate",
                          path, "--only", QUICK_GOLDEN, "--attribution")
    reference, candidate = report["candidates"]
    judge.check(reference["blocks"] == [], "the reference is not compared with itself")
    for module in candidate["blocks"]:
        errors = [error["relative_error"] for error in module["errors"]]
        judge.check([error["progress"] for error in module["errors"]] == [0, 0.5, 1], "places")
        judge.check(all(error > 1e-4 if module["name"] == block else error == 0 for error in errors),
                    f"{module['name']}: {errors} where only {block} is quantized")
    judge.check(len(candidate["blocks"]) == 22, "every module has its errors")
    print(f"{block} alone quantized: it alone has an error of its own")


with harness.Judge() as judge:
    paths = {}
    for recipe in ("int4", "int4-g64", "int8"):
        paths[recipe], _ = judge.quantize(f"{recipe}.mmdit", recipe)
        check_figures(judge, paths[recipe])
    check_wrong_scale(judge, paths["int4"], "transformer_blocks.1.attn.to_k.weight", 17, 2)
    check_wrong_scale(
        judge, paths["int4-g64"], "single_transformer_blocks.3.attn.to_out.weight", 200, 2)
    check_wrong_scale(
        judge, paths["int8"], "transformer_blocks.2.ff.linear_in.weight", 1234, 1.25)
    check_steps(judge, paths["int4"])
    check_pictures(judge, paths["int4"])
    check_attribution(judge)
