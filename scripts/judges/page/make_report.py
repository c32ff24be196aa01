"""Makes a report as mmdit-verify writes it: so many prompts and candidates, with pictures.

The figures follow the strength of each candidate, so that charts look as they do in use; none is
computed by the suite.
"""

import json
import math

import numpy as np

import pictures

# name, recipe, bits per weight, strength of the disturbance
CANDIDATES = [
    ("klein-int8", "int8", 8.02, 0.06),
    ("klein-int8@int8", "int8", 8.02, 0.12),
    ("klein-mixed", "mixed", 5.61, 0.22),
    ("klein-int4-g64", "int4-g64", 4.39, 0.38),
    ("klein-int4", "int4", 4.08, 0.9),
    ("flux2-klein-Q4_K_M", None, 4.85, 0.3),
    ("flux2-klein-svdq-int4_r32", None, 4.62, 0.26),
]
WEIGHT_COUNT = 9_078_000_000
BLOCKS = ([f"transformer_blocks.{i}" for i in range(8)]
          + [f"single_transformer_blocks.{i}" for i in range(24)])
LIMITS = {"velocity_relative_error": 0.12, "latents_psnr_db": 18.0, "segment_relative_error": 0.5}
DIGEST = "5f1c0d9a" * 8


def step(random, index, count, strength, guided):
    error = 0.09 * strength * (0.5 + 1.3 * index / count) * math.exp(random.normal(0, 0.15))
    return {
        "sigma": 1 - index / count,
        "velocity_relative_error": error,
        "negative_velocity_relative_error": error * 0.9 if guided else None,
        "guided_velocity_relative_error": error * 2.1 if guided else None,
        "drift_relative_error": 0.6 * strength * ((index + 1) / count) ** 1.7
        * math.exp(random.normal(0, 0.2)),
        "drift_cosine": 1 - 0.1 * strength * (index + 1) / count,
    }


def golden(random, id, prompt, strength, files):
    count = int(random.choice([4, 8, 12]))
    steps = [step(random, i, count, strength, count > 4) for i in range(count)]
    final = steps[-1]["drift_relative_error"]
    report = {
        "id": id, "prompt": prompt,
        "velocity_relative_error": max(s["velocity_relative_error"] for s in steps),
        "latents_relative_error": final,
        "latents_psnr_db": 14 - 20 * math.log10(final) if final else None,
        "latents_cosine": 1 - final ** 2 / 2,
        "steps": steps, "picture": None,
    }
    if files:
        spread = math.exp(random.normal(0, 0.3))
        report["picture"] = {
            "file": files[0], "golden_file": files[1],
            "psnr_db": 34 - 20 * math.log10(1 + 4 * strength * spread) if strength else None,
            "ssim": 1 - min(0.6, 0.42 * strength * spread) if strength else 1.0,
            "multi_scale_ssim": None,
            "flip": min(0.9, 0.21 * strength * spread),
        }
    return report


def tensor(random, name, bits, strength):
    error = 0.11 * strength * math.exp(random.normal(0, 0.4))
    return {
        "name": name, "encoding": f"{bits:.0f} bits, a scale for 64 columns",
        "bits_per_weight": bits, "maximum_absolute_error": error * 0.3,
        "root_mean_square_error": error * 0.02, "relative_error": error,
        "signal_to_noise_db": -20 * math.log10(error), "cosine": 1 - error ** 2 / 2,
        "worst_segment": {
            "relative_error": error * 4, "row": int(random.integers(0, 4096)),
            "column": int(random.integers(0, 64)) * 64},
    }


def block(random, name, place, strength):
    return {"name": name, "errors": [
        {"progress": progress,
         "relative_error": 0.012 * strength * (0.4 + place) * (1 + progress)
         * math.exp(random.normal(0, 0.35))}
        for progress in (0.0, 0.25, 0.5, 0.75, 1.0)]}


def candidate(name, recipe, bits, strength, goldens, seed, is_reference=False):
    random = np.random.default_rng(seed)
    found = [golden(random, id, prompt, strength, files) for id, prompt, files in goldens]
    violations = []
    if not is_reference:
        for report in found:
            if report["velocity_relative_error"] > LIMITS["velocity_relative_error"]:
                violations.append({
                    "subject": report["id"], "limit": "velocity_relative_error",
                    "allowed": LIMITS["velocity_relative_error"],
                    "found": report["velocity_relative_error"], "place": None})
    tensors = [] if is_reference else [
        tensor(random, f"{name}.attn.to_q.weight", bits, strength) for name in BLOCKS]
    return {
        "name": name, "path": f"models/{name}.mmdit", "recipe": recipe,
        "arithmetic": "int8" if name.endswith("@int8") else "float32",
        "verdict": "fail" if violations else "pass", "bits_per_weight": bits,
        "stored_byte_count": int(WEIGHT_COUNT * bits / 8),
        "thresholds": {"velocity_relative_error": 0.0001} if is_reference else LIMITS,
        "violations": violations, "goldens": found, "tensors": tensors,
        "blocks": [] if is_reference else [
            block(random, name, i / len(BLOCKS), strength) for i, name in enumerate(BLOCKS)],
    }


def document(candidates, skipped=()):
    return {
        "format": "mmdit-fidelity", "version": 1,
        "verdict": "fail" if any(c["violations"] for c in candidates) else "pass",
        "environment": {
            "suite_version": "0.1.0", "system": "Linux 6.1.0", "threads": 16,
            "processor": "AMD EPYC 9754 128-Core Processor"},
        "golden_set": {
            "file": "goldens/glyph-klein.safetensors", "sha256": DIGEST,
            "producer": "diffusers 0.42.1, torch 2.13.0, float32"},
        "candidates": candidates, "skipped": list(skipped),
    }


def make(folder, fixture, prompt_count=16, candidates=CANDIDATES):
    """Writes `fidelity.json` and its pictures into a folder; returns the document."""
    goldens = pictures.golden_pictures(fixture)
    recorded = json.loads(fixture.with_suffix(".json").read_text())["goldens"]
    chosen = [g for g in recorded if g["id"] in goldens][:prompt_count]
    for g in chosen:
        pictures.write_png(folder / f"pictures/golden/{g['id']}.png", goldens[g["id"]])

    def files(name, g):
        return [f"pictures/{name}/{g['id']}.png", f"pictures/golden/{g['id']}.png"]

    made = [candidate(
        "reference", None, 16.0, 1e-5,
        [(g["id"], g["prompt"], None) for g in chosen], seed=1, is_reference=True)]
    for number, (name, recipe, bits, strength) in enumerate(candidates):
        for place, g in enumerate(chosen):
            pictures.write_png(
                folder / files(name, g)[0],
                pictures.disturbed(goldens[g["id"]], strength, seed=number * 1000 + place))
        made.append(candidate(
            name, recipe, bits, strength,
            [(g["id"], g["prompt"], files(name, g)) for g in chosen], seed=number + 2))
    report = document(made, skipped=[
        {"id": "apple-ink", "reason": "it needs the adapter lora-ink, which is not there"}])
    (folder / "fidelity.json").write_text(json.dumps(report))
    return report
