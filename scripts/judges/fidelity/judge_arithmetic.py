"""Judges the arithmetics of mmdit-verify against an emulation in diffusers' model.

    judge_arithmetic.py FOLDER_WITH_THE_TOOLS

Rounding is chaotic: a number that two programs in float32 compute a millionth apart lies now and then
on both sides of a rounding's boundary, and then is a whole step apart. Of n such boundaries one after
the other, each takes the square root of the difference; after a dozen blocks all that two programs
have in common is how much they lose. So the numbers themselves are compared on networks with one block that
does something, where an emulation in float32 and one in float64 are still near each other, and of the
whole network only how much it loses.

The tolerance for one block is how far the emulation in float32 is from the one in float64, times 1.5.
Where the suite's own float32 differs more from float64 than torch's does, the tolerance grows by the
square root of that ratio: the share of numbers on the other side of a boundary grows with their
difference, and the square of an error with the share.
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import GOLDENS, MODEL, Judge
from rounded_network import (
    RoundedNetwork, codes_by_tensor, load_transformer, product_bfloat16, product_int8,
    product_weights_only)

torch.set_num_threads(1)
TRANSFORMER = MODEL / "transformer"
RUNS = ("penguin-no-cfg-4-steps", "rocket-8-steps")
SIDE = 8  # 128 pixels
ARITHMETICS = {"bfloat16": product_bfloat16, "int8": product_int8}
MARGIN = 1.5
# What two implementations in float32 differ by, the limit of the suite.
FLOAT32 = 1e-5
# The two-sided quantile of Student's t for a thousandth, with 11 degrees of freedom.
STUDENT = 4.437

# For each arithmetic, emulations of something else: what the judge has to tell apart.
WRONG = {
    "bfloat16": {
        "attention in float32": {"product": product_bfloat16, "round_attention": lambda x: x},
        "text in float32": {
            "product": product_bfloat16, "round_text": lambda tokens, weights: tokens @ weights.T},
        "int8": {"product": product_int8},
    },
    "int8": {
        "one scale for all tokens": {
            "product": lambda tokens, weights: product_int8(tokens, weights, codes_by_tensor)},
        "weights only": {"product": product_weights_only},
        "bfloat16": {"product": product_bfloat16},
    },
}


def inputs():
    """(latents, text, sigma) and the place of the prediction, for every step of the runs."""
    tensors = load_file(GOLDENS)
    documents = {run["id"]: run for run in json.loads(GOLDENS.with_suffix(".json").read_text())["goldens"]}
    for run in RUNS:
        sigmas, velocity = tensors[f"{run}.sigmas"], tensors[f"{run}.velocity"]
        negative = tensors.get(f"{run}.negative_velocity")
        latents = tensors[f"{run}.noise"]
        for step in range(len(velocity)):
            yield (latents, tensors[f"{run}.prompt_embeds"], float(sigmas[step])), (run, step)
            guided = velocity[step]
            if negative is not None:
                guided = negative[step] + documents[run]["guidance"] * (velocity[step] - negative[step])
            latents = latents + (sigmas[step + 1] - sigmas[step]) * guided


INPUTS = list(inputs())


def predictions(network):
    return [network.velocity(*values, SIDE, SIDE) for values, _ in INPUTS]


def rounded(network, product, **options):
    with network.rounded(product, **options):
        return predictions(network)


def found(folder, name):
    tensors = load_file(folder / f"{name}.safetensors")
    return [tensors[f"{run}.velocity"][step].double() for _, (run, step) in INPUTS]


def norms(values):
    return [float(value.norm()) for value in values]


def apart(first, second):
    """The distance of two lists of predictions, over the length of the second."""
    return math.hypot(*norms([a - b for a, b in zip(first, second)])) / math.hypot(*norms(second))


def verify(judge, model, name, exits):
    """Runs a model in every arithmetic; the folder with its predictions."""
    folder = judge.folder / f"velocities-{name}"
    options = [option for run in RUNS for option in ("--only", run)]
    for arithmetic in ("float32", *ARITHMETICS):
        options += ["--arithmetic", arithmetic]
    limits = judge.folder / "no-limits.json"
    limits.write_text("{}")
    judge.tool("mmdit-verify", "--golden", GOLDENS, "--reference", model, "--candidate", model,
               "--velocities", folder, "--thresholds", limits, *options, exits=exits)
    return folder


def one_block(folder, kind):
    """Writes the fixture with one block of each kind, of which only that one adds to the stream."""
    folder.mkdir()
    config = json.loads((TRANSFORMER / "config.json").read_text())
    config.update(num_layers=1, num_single_layers=1)
    (folder / "config.json").write_text(json.dumps(config))
    weights = {}
    for name, value in load_transformer(TRANSFORMER).items():
        in_block = name.startswith(("transformer_blocks.", "single_transformer_blocks."))
        if in_block and name.split(".")[1] != "0":
            continue
        is_other = name.startswith("transformer_blocks.") != (kind == "double")
        ends = any(part in name for part in ("to_out", "to_add_out", "linear_out"))
        weights[name] = torch.zeros_like(value) if in_block and is_other and ends else value
    save_file(weights, folder / "diffusion_pytorch_model.safetensors")
    return weights


def judge_block(judge, kind):
    folder = judge.folder / kind
    weights = one_block(folder, kind)
    narrow = RoundedNetwork(folder, weights, torch.float32)
    wide = RoundedNetwork(folder, weights, torch.float64)
    exact = predictions(wide)
    # The goldens are of the whole network: the reference fails, and its predictions are written.
    velocities = verify(judge, folder, kind, exits=1)
    ours = apart(found(velocities, kind), exact)
    theirs = apart(predictions(narrow), exact)
    judge.check(ours <= FLOAT32, f"{kind} block: float32 is {ours} from float64")
    for arithmetic, product in ARITHMETICS.items():
        candidate = found(velocities, f"{kind}@{arithmetic}")
        emulated = rounded(wide, product)
        spread = apart(rounded(narrow, product), emulated)
        tolerance = MARGIN * spread * max(1, math.sqrt(ours / theirs))
        distance, loss = apart(candidate, emulated), apart(emulated, exact)
        judge.check(distance <= tolerance,
                    f"{kind} block in {arithmetic}: {distance} from the emulation is at most {tolerance}")
        print(f"{kind} block in {arithmetic}: loses {loss:.2e}; {distance:.2e} from the emulation, "
              f"at most {tolerance:.2e}")
        for what, options in WRONG[arithmetic].items():
            wrong = apart(candidate, rounded(wide, **options))
            judge.check(wrong > tolerance,
                        f"{kind} block in {arithmetic}: {what} would be {wrong} apart, beyond {tolerance}")
    judge_codes(judge, kind, folder)


def judge_codes(judge, kind, folder):
    """A bundle of int8 by row is multiplied as it was coded."""
    bundle, plain = judge.folder / f"{kind}-int8.mmdit", judge.folder / f"{kind}-int8.safetensors"
    judge.tool("mmdit-quantize", folder, "--recipe", "int8", "--output", bundle)
    judge.tool("mmdit-bundle", "unpack", bundle, "--dtype", "f32", "--output", plain)
    weights = load_file(plain)
    wide, narrow = (RoundedNetwork(folder, weights, dtype) for dtype in (torch.float64, torch.float32))
    emulated = rounded(wide, product_int8)
    tolerance = 2 * MARGIN * apart(rounded(narrow, product_int8), emulated)
    velocities = judge.folder / f"velocities-{kind}-int8"
    judge.tool("mmdit-verify", "--golden", GOLDENS, "--reference", folder, "--candidate", bundle,
               "--arithmetic", "int8", "--velocities", velocities,
               *[option for run in RUNS for option in ("--only", run)], exits=1)
    distance = apart(found(velocities, f"{kind}-int8"), emulated)
    judge.check(distance <= tolerance,
                f"{kind} block, codes in int8: {distance} from the emulation is at most {tolerance}")


def excess(losses, expected):
    """By how many standard errors the logarithms of some losses exceed those expected."""
    logs = torch.tensor([math.log(a / b) for a, b in zip(losses, expected)], dtype=torch.float64)
    return float(logs.mean() / (logs.std() / math.sqrt(len(logs))))


def judge_network(judge):
    """The whole network loses as much as the emulation: the same prediction by prediction but for
    chance, by the test of Student on the logarithms of their ratios."""
    weights = load_transformer(TRANSFORMER)
    network = RoundedNetwork(TRANSFORMER, weights, torch.float32)
    exact = predictions(network)
    velocities = verify(judge, MODEL, "network", exits=0)
    reference = found(velocities, "reference")
    judge.check(apart(reference, exact) <= FLOAT32, "the reference is of float32")
    judge.check(apart(found(velocities, "glyph-klein"), reference) == 0, "so is a candidate in it")
    losses = lambda values: norms([a - b for a, b in zip(values, exact)])
    for arithmetic, product in ARITHMETICS.items():
        candidate = losses(found(velocities, f"glyph-klein@{arithmetic}"))
        emulated = losses(rounded(network, product))
        errors = excess(candidate, emulated)
        judge.check(abs(errors) <= STUDENT,
                    f"{arithmetic} loses as much as the emulation, {errors} standard errors more")
        ratio = math.hypot(*candidate) / math.hypot(*emulated)
        print(f"whole network in {arithmetic}: {ratio:.3f} of the emulation's loss, {errors:.1f} "
              "standard errors more")
        for other, product in (("bfloat16", product_bfloat16), ("int8", product_int8),
                               ("weights only", product_weights_only)):
            if other != arithmetic:
                errors = excess(candidate, losses(rounded(network, product)))
                judge.check(abs(errors) > STUDENT,
                            f"{arithmetic} does not lose what {other} does: {errors} standard errors")


with Judge() as judge:
    judge_block(judge, "double")
    judge_block(judge, "single")
    judge_network(judge)
