"""Reports that no verification made: every figure is drawn, so that what a gate should say is known."""

import copy

import numpy as np

ERRORS = ("velocity_relative_error", "guided_velocity_relative_error", "latents_relative_error")


def golden(name, error, rng):
    """One run of two steps; errors are about `error`."""
    steps = [{
        "sigma": sigma, "velocity_relative_error": error * part,
        "negative_velocity_relative_error": error, "guided_velocity_relative_error": 3 * error * part,
        "drift_relative_error": error * part, "drift_cosine": 0.99,
    } for sigma, part in ((1.0, 0.5), (0.5, 1.0))]
    return {
        "id": name, "prompt": f"a picture of {name}", "velocity_relative_error": error,
        "latents_relative_error": 2 * error, "latents_psnr_db": 40 + rng.normal(),
        "latents_cosine": 0.99, "steps": steps,
        "picture": {
            "file": f"{name}.png", "golden_file": f"golden-{name}.png",
            "psnr_db": 30 + rng.normal(), "ssim": 0.9 + 0.01 * rng.uniform(),
            "multi_scale_ssim": None, "flip": 0.05 + 0.01 * rng.uniform()},
    }


def report(prompts, seed):
    """A report on so many prompts, of a reference and two candidates."""
    rng = np.random.default_rng(seed)
    candidates = []
    for name, scale in (("reference", 1e-6), ("int8", 0.01), ("int4", 0.1)):
        tensors = [] if name == "reference" else [{
            "name": f"blocks.{index}.weight", "encoding": name, "bits_per_weight": 8.5,
            "maximum_absolute_error": scale, "root_mean_square_error": scale,
            "relative_error": scale * (1 + index), "signal_to_noise_db": 40.0, "cosine": 0.999,
            "worst_segment": {"relative_error": 2 * scale, "row": 3, "column": 64},
        } for index in range(5)]
        candidates.append({
            "name": name, "path": f"{name}.mmdit", "recipe": name if tensors else None,
            "arithmetic": "float32",
            "verdict": "pass", "bits_per_weight": 8.5, "stored_byte_count": 4_000_000,
            "thresholds": {"velocity_relative_error": 0.5}, "violations": [],
            "goldens": [golden(f"prompt-{index}", scale * float(rng.lognormal(0, 0.4)), rng)
                        for index in range(prompts)],
            "tensors": tensors, "blocks": []})
    return {
        "format": "mmdit-fidelity", "version": 1, "verdict": "pass",
        "environment": {
            "suite_version": "0.5.0", "system": "Linux", "processor": "none", "threads": 1},
        "golden_set": {"file": "goldens.safetensors", "producer": "judge", "sha256": "0a" * 32},
        "candidates": candidates, "skipped": []}


def noisy(document, seed, candidate="int8", growth=1.0, deviation=0.1):
    """The report again, the candidate's errors times `growth` and noise of its own for each prompt."""
    rng = np.random.default_rng(seed)
    changed = copy.deepcopy(document)
    for run in next(c for c in changed["candidates"] if c["name"] == candidate)["goldens"]:
        factor = growth * float(rng.lognormal(0, deviation))
        run["velocity_relative_error"] *= factor
        run["latents_relative_error"] *= factor
        for step in run["steps"]:
            step["guided_velocity_relative_error"] *= factor
    return changed


def candidate(document, name="int8"):
    return next(c for c in document["candidates"] if c["name"] == name)
