"""What diffusers' network predicts at the latents of a golden, and how far that is from our core.

A golden's latents before each step follow from its noise and its velocities (formats/golden-set.md),
so a runtime and our core answer the same questions, whatever either answered before.
"""

import functools

import numpy as np
import torch
from diffusers import Flux2Transformer2DModel
from harness import GOLDENS, MODEL, QUICK_GOLDEN
from safetensors.torch import load_file

# Two float32 evaluations of one network differ by the order of their sums. For the unquantized
# fixture that is 6.9e-7 at most, over all steps of all goldens (reports/glyph-klein/fidelity.md);
# the factor 8 is for weights that are quantized, whose sums cancel differently.
FLOAT32_LIMIT = 8 * 6.9e-7
# Weights that are decoded in float16 and then taken as float32 have a relative error of 2^-11 each,
# and where a minimum is added to scale times code, of two such numbers that partly cancel: four times.
DECODED_IN_FLOAT16_LIMIT = 4 * 2**-11
# Activations of 8 bits with a scale a token: the step is amax/127, the error of a number step/√12, so
# an output is off by amax/rms / 440, and amax/rms of the fixture's tokens is below 10: 2.3 % of a
# layer's output, in both directions. They add up no further, since every layer has a residual path.
INT8_ACTIVATIONS_LIMIT = 10 / 440


@functools.lru_cache
def golden(name=QUICK_GOLDEN):
    """The tensors of a run without classifier-free guidance, without the name of the run."""
    prefix = name + "."
    return {key.removeprefix(prefix): tensor for key, tensor in load_file(GOLDENS).items()
            if key.startswith(prefix)}


def latents(run):
    """What the network gets at each step, [steps, T, C]."""
    result, x = [], run["noise"]
    for step, velocity in enumerate(run["velocity"]):
        result.append(x)
        x = x + (run["sigmas"][step + 1] - run["sigmas"][step]) * velocity
    return torch.stack(result)


def positions(run):
    """img_ids [1, T, 4] and txt_ids [1, L, 4] of a square picture."""
    side = round(len(run["noise"]) ** 0.5)
    image = [[0, row, column, 0] for row in range(side) for column in range(side)]
    text = [[0, 0, 0, token] for token in range(len(run["prompt_embeds"]))]
    return torch.tensor([image]), torch.tensor([text])


def velocities(transformer):
    """What a Flux2Transformer2DModel predicts at each step of the golden, [steps, T, C] of float32."""
    run, dtype = golden(), transformer.dtype
    img_ids, txt_ids = positions(run)
    text = run["prompt_embeds"][None].to(dtype)
    result = []
    with torch.no_grad():
        for x, sigma in zip(latents(run), run["sigmas"]):
            result.append(transformer(
                hidden_states=x[None].to(dtype), encoder_hidden_states=text,
                timestep=sigma[None].to(dtype), img_ids=img_ids, txt_ids=txt_ids, guidance=None,
                return_dict=False)[0][0].float())
    return torch.stack(result)


def network(weights):
    """The transformer of the fixture in float32 with these weights."""
    transformer = Flux2Transformer2DModel.from_config(
        Flux2Transformer2DModel.load_config(MODEL / "transformer"))
    transformer.load_state_dict(weights)
    return transformer.eval()


def relative_error(found, expected):
    """‖found − expected‖ / ‖expected‖ of the step where it is largest, in float64."""
    found, expected = (np.asarray(x, np.float64) for x in (found, expected))
    return max(float(np.linalg.norm(f - e) / np.linalg.norm(e)) for f, e in zip(found, expected))
