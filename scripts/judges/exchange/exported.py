"""Exports of the fixture, and what the suite itself says of them."""

import json

import torch
from forward import relative_error
from harness import GOLDENS, MODEL, QUICK_GOLDEN
from safetensors.torch import load_file

# Where a program takes whole pipelines only.
PIPELINES = ("mflux",)
TRANSFORMER, TEXT_ENCODER = MODEL / "transformer", MODEL / "text_encoder"
# Without guidance, with it, and of another shape: what fidelity is measured on.
FIDELITY_GOLDENS = (QUICK_GOLDEN, "rocket-8-steps", "apple-wide")
FILES = {"gguf": ".gguf", "comfyui": ".safetensors", "bfl": ".safetensors"}


def export(judge, target, model=TRANSFORMER, *options, name=None, exits=0):
    """Writes an export into the judge's folder; returns its path and the tool's report."""
    runtime = target.split(":")[0]
    name = (name or target.replace(":", "-")) + FILES.get(runtime, "")
    path = judge.folder / name
    return path, judge.report(
        "mmdit-export", model, "--to", target, "--output", path, *options, exits=exits)


def export_transformer(judge, target):
    """The transformer's file or folder, out of a pipeline where the program takes nothing else."""
    if target.split(":")[0] not in PIPELINES:
        return export(judge, target)
    path, said = export(judge, target, MODEL)
    return path / "transformer", said


def values(judge, path):
    """name → float32: what the suite reads of a file or folder, by diffusers' names."""
    output = judge.folder / f"{path.name}-values.safetensors"
    judge.tool("mmdit-convert", path, "--dequantize", "--dtype", "f32", "--layout", "diffusers",
               "--output", output)
    if not output.exists():
        return {}
    result = load_file(output)
    output.unlink()
    return result


def fidelity(judge, path):
    """What mmdit-verify says of a file or folder, and the velocities our core predicts with it."""
    folder = judge.folder / f"{path.name}-velocities"
    # The report shows what is lost; how much may be is for whoever chose the target.
    (limits := judge.folder / "limits.json").write_text('{"velocity_relative_error": 1}')
    report = judge.report("mmdit-verify", "--golden", GOLDENS, "--reference", MODEL,
                          "--candidate", path, *(word for name in FIDELITY_GOLDENS
                                                    for word in ("--only", name)),
                          "--velocities", folder,
                          "--thresholds", limits)
    if not report:
        return None, None
    candidate = report["candidates"][-1]
    runs = candidate["goldens"]
    judge.check(len(runs) == len(FIDELITY_GOLDENS), f"{path.name}: {len(runs)} goldens were run")
    [file] = [file for file in folder.glob("*.safetensors") if "reference" not in file.stem]
    return {
        "bits_per_weight": candidate["bits_per_weight"],
        "velocity_relative_error": max(run["velocity_relative_error"] for run in runs),
        "latents_relative_error": max(run["latents_relative_error"] for run in runs),
    }, load_file(file)[f"{QUICK_GOLDEN}.velocity"]


def same_values(judge, found, expected, what):
    """A runtime's values are ours, bit for bit; returns whether they are."""
    wrong = [name for name in expected.keys() | found.keys()
             if name not in found or name not in expected
             or found[name].shape != expected[name].shape
             or not torch.equal(found[name].float(), expected[name].float())]
    return judge.check(not wrong and expected, f"{what}: {len(wrong)} tensors of "
                       f"{len(expected)} have other values, the first {sorted(wrong)[:3]}")


def judge_export(judge, target, runtime, path):
    """One row of the matrix: a transformer's export, loaded by `runtime` and compared with our core."""
    row = {"target": target, "component": "transformer", "runtime": runtime.NAME, "loaded": False}
    try:
        loaded = runtime.load(path, target)
        row["loaded"] = True
    except Exception as error:  # whatever the loader raises is its refusal
        judge.check(False, f"{target}: {runtime.NAME} refuses it: {type(error).__name__}: {error}")
        return row | {"refusal": f"{type(error).__name__}: {error}"[:300]}
    row["values"] = same_values(judge, loaded.values, values(judge, path), target)
    figures, ours = fidelity(judge, path)
    if figures:
        error = relative_error(loaded.velocities, ours)
        judge.check(error <= loaded.limit, f"{target}: {runtime.NAME} predicts velocities {error:.2g} "
                    f"from ours, expected at most {loaded.limit:.2g} of {loaded.arithmetic}")
        row |= figures | {"forward_error": error}
    return row | {"arithmetic": loaded.arithmetic} | ({"note": loaded.note} if loaded.note else {})
