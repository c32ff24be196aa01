"""ComfyUI's files, by comfy-kitchen, the package that ComfyUI computes its quantized layers with.

ComfyUI itself is no package. What it does with such a file is done here in its terms: the layers that
have a `comfy_quant` document become comfy-kitchen's tensors of the layout it names, and the network
computes with them. The network is diffusers', so query, key and value are rows of one matrix here.
"""

import importlib.metadata
import json

import torch
from comfy_kitchen.tensor import (
    QuantizedTensor,
    TensorCoreFP8Layout,
    TensorCoreMXFP8Layout,
    TensorCoreNVFP4Layout,
    TensorWiseINT8Layout,
)
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers as to_diffusers,
)
from forward import FLOAT32_LIMIT, INT8_ACTIVATIONS_LIMIT, network, velocities
from loaded import Loaded
from safetensors.torch import load_file

NAME = f"comfy-kitchen {importlib.metadata.version('comfy-kitchen')}"
TARGETS = ["comfyui:int8", "comfyui:int8-convrot", "comfyui:fp8", "comfyui:nvfp4", "comfyui:mxfp8"]
NOTE = ("it rounds every sum of the product that undoes the rotation, this suite only the result; the "
        "values are ours to within these roundings.")
PREFIX = "model.diffusion_model."
LAYOUTS = {"int8_tensorwise": TensorWiseINT8Layout, "float8_e4m3fn": TensorCoreFP8Layout,
           "nvfp4": TensorCoreNVFP4Layout, "mxfp8": TensorCoreMXFP8Layout}


def quantized(layer, tensors, shape):
    """The weight of a marked layer as comfy-kitchen has it in memory."""
    document = json.loads(bytes(tensors[f"{layer}.comfy_quant"].tolist()))
    layout = LAYOUTS[document["format"]]
    scale, options = tensors[f"{layer}.weight_scale"], {}
    if layout is TensorCoreNVFP4Layout:
        scale, options = tensors[f"{layer}.weight_scale_2"], {"block_scale": scale}
    elif layout is TensorCoreMXFP8Layout:
        scale = scale.view(torch.float8_e8m0fnu)
    elif layout is TensorWiseINT8Layout:
        options = {key: document[key] for key in ("convrot", "convrot_groupsize") if key in document}
    parameters = layout.Params(
        scale=scale, orig_dtype=torch.float32, orig_shape=tuple(shape), **options)
    return QuantizedTensor(tensors[f"{layer}.weight"], layout.__name__, parameters)


def turned_back(layer, tensors, document, decoded):
    """The values of rotated codes, rounded to float32 once; comfy-kitchen rounds every sum of its
    product with the rotation, and must come as close as that lets it.
    """
    block = torch.tensor([[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]).double()
    size, rotation = document["convrot_groupsize"], torch.ones(1, 1).double()
    while len(rotation) < size:
        rotation = torch.kron(rotation, block)
    codes = tensors[f"{layer}.weight"].double().unflatten(1, (-1, size))
    scale = tensors[f"{layer}.weight_scale"]
    # Sums of integers times a power of two: exact in float32 too.
    exact = (codes @ rotation / size**0.5).flatten(1).float() * scale
    largest = (codes.abs().sum(-1, keepdim=True) / size**0.5).expand_as(codes).flatten(1) * scale
    if not (decoded - exact).abs().le((size + 3) * 2**-24 * largest).all():
        raise ValueError("comfy-kitchen decodes other values")
    return exact


def original_shapes():
    """Shapes by BFL's names, which codes that are padded do not tell."""
    from original_layouts import flux2

    return {name: tensor.shape for name, tensor in flux2(network_tensors()).items()}


def network_tensors():
    from harness import MODEL

    return {name: tensor for file in sorted((MODEL / "transformer").glob("*.safetensors"))
            for name, tensor in load_file(file).items()}


class Linear(torch.nn.Module):
    """Some rows of a layer that comfy-kitchen computes."""

    def __init__(self, weight, part, parts):
        super().__init__()
        self.weight, self.part, self.parts = weight, part, parts

    def forward(self, x):
        y = torch.nn.functional.linear(x.reshape(-1, x.shape[-1]), self.weight)
        return y.chunk(self.parts, dim=-1)[self.part].reshape(*x.shape[:-1], -1)


def modules_of(layer, weights):
    """(module, part, parts): where diffusers has the rows of a layer, found by moving one mark a part."""
    parts = 3 if layer.endswith("qkv") else 1
    marked = {name: torch.zeros(len(tensor), 1) for name, tensor in weights.items()}
    for part, rows in enumerate(marked[f"{layer}.weight"].chunk(parts)):
        rows += part + 1
    return [(name.removesuffix(".weight"), int(tensor[0]) - 1, parts)
            for name, tensor in to_diffusers(marked).items() if tensor.any()]


def load(path, target):
    file = load_file(path)
    tensors = {name.removeprefix(PREFIX): tensor for name, tensor in file.items()}
    layers = [name.removesuffix(".comfy_quant") for name in tensors if name.endswith(".comfy_quant")]
    if not layers:
        raise ValueError("no layer is marked by comfy_quant")
    shapes = original_shapes()
    coded = {layer: quantized(layer, tensors, shapes[f"{layer}.weight"]) for layer in layers}
    weights = {name: tensors[name].float() for name in shapes if name.removesuffix(".weight") not in coded}
    for layer, weight in coded.items():
        document = json.loads(bytes(tensors[f"{layer}.comfy_quant"].tolist()))
        decoded = weight.dequantize()
        weights[f"{layer}.weight"] = (turned_back(layer, tensors, document, decoded)
                                      if document.get("convrot") else decoded)
    values = to_diffusers(dict(weights))
    transformer = network(values)
    for layer in layers:
        for module, part, parts in modules_of(layer, weights):
            transformer.set_submodule(module, Linear(coded[layer], part, parts))
    if "int8" in target:
        return Loaded(values, velocities(transformer), "int8 activations", INT8_ACTIVATIONS_LIMIT,
                      NOTE if "convrot" in target else "")
    return Loaded(values, velocities(transformer), "float32", FLOAT32_LIMIT)
