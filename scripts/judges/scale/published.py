"""What the published models have to look like to the tools: from Tests/Fixtures/components."""

import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from read_bundle import WIDTHS
from synthetic import components

TITLES = {
    "autoencoder-flux1": "autoencoder of FLUX.1 or Stable Diffusion 3",
    "autoencoder-flux2": "FLUX.2 autoencoder",
    "autoencoder-flux2-small-decoder": "FLUX.2 autoencoder with the small decoder",
    "autoencoder-sd3": "autoencoder of FLUX.1 or Stable Diffusion 3",
    "clip-g": "CLIP-G with projection",
    "clip-l": "CLIP-L",
    "clip-l-projection": "CLIP-L with projection",
    "flux1-dev": "FLUX.1 [dev] 12B",
    "flux1-schnell": "FLUX.1 [schnell] 12B",
    "flux2-dev": "FLUX.2 [dev] 32B",
    "flux2-klein-4b": "FLUX.2 [klein] 4B",
    "flux2-klein-9b": "FLUX.2 [klein] 9B",
    "mistral-small-3.2-24b": "Mistral Small 3 24B",
    "qwen3-4b": "Qwen3 4B",
    "qwen3-8b": "Qwen3 8B",
    "sd3-medium": "Stable Diffusion 3 medium",
    "sd3.5-large": "Stable Diffusion 3.5 large",
    "sd3.5-medium": "Stable Diffusion 3.5 medium",
    "t5-xxl": "T5 XXL encoder",
}
TARGETS = ("diffusers", "bfl", "comfyui")
COMFYUI = "model.diffusion_model."
# How ComfyUI calls the parts of the text encoder of FLUX.2 [dev].
MISTRAL = {"language_model.model.": "model.", "language_model.lm_head.": "lm_head."}


def layouts(model):
    """The layouts that the model is published in."""
    try:
        components.load(model, "original")
    except ValueError:
        return ("diffusers",)
    return ("diffusers", "original")


def is_of_transformers(part):
    return part.package == "transformers"


def tensors(model, target):
    """name → shape of the model as mmdit-convert writes it."""
    part = components.load(model)
    if target == "diffusers" or is_of_transformers(part):
        shapes = part.tensors
    else:
        shapes = components.load(model, "original").tensors
    if model == "clip-l":  # the names that every version of transformers reads
        shapes = {f"text_model.{name}": shape for name, shape in shapes.items()}
    if target == "comfyui" and part.class_name.endswith("Transformer2DModel"):
        shapes = {COMFYUI + name: shape for name, shape in shapes.items()}
    if target == "comfyui" and model.startswith("mistral"):
        shapes = {respelled(name): shape for name, shape in shapes.items()}
    return shapes


def respelled(name):
    for leading, spelled in MISTRAL.items():
        if name.startswith(leading):
            return spelled + name.removeprefix(leading)
    return name


def parameters(model):
    """The values of all tensors, as the fixture counts them."""
    document = json.loads((components.FOLDER / f"{model}.json").read_text())
    return document["parameters"]


def byte_count(model, shapes):
    """The bytes of the tensors in BF16, and of counters in I64."""
    integers = components.load(model).integers
    return sum(math.prod(shape) * (8 if name in integers else 2) for name, shape in shapes.items())


def stored_bytes(tensor):
    """The bytes of a tensor in a bundle by formats/bundle.md, from its entry in the report."""
    shape, encoding = tensor["shape"], tensor["encoding"]
    count = math.prod(shape)
    if encoding in WIDTHS:
        return count * WIDTHS[encoding]
    # As in "int4 group 64 symmetric bf16 mse" and "int8 row symmetric bf16 absmax".
    bits, *group, symmetry, scale, _ = encoding.split()
    rows, columns = shape[0], count // shape[0]
    groups = 1 if group == ["row"] else -(-columns // int(group[1]))
    codes = columns if bits == "int8" else -(-columns // 2)
    return rows * (codes + groups * (WIDTHS[scale] + (symmetry == "asymmetric")))
