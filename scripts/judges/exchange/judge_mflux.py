"""mflux's folders in mflux itself, on the CPU: its loader, its choice of layers, its network."""

import importlib.metadata
import json

import mlx.core as mx
import mlx.nn as nn
import torch
from exported import TRANSFORMER
from forward import golden, latents, positions
from judge_mlx import to_torch
from loaded import Loaded
from mflux.models.common.weights.loading.weight_applier import WeightApplier
from mflux.models.common.weights.loading.weight_loader import WeightLoader
from mflux.models.flux2.model.flux2_transformer.transformer import Flux2Transformer
from mflux.models.flux2.weights.flux2_weight_definition import Flux2KleinWeightDefinition

NAME = f"mflux {importlib.metadata.version('mflux')}, mlx {mx.__version__}"
TARGETS = ["mflux:4bit", "mflux:8bit"]
# mflux makes the sines of the time in bfloat16 whatever the rest is in: with float32 weights that are
# not quantized it is 1.2e-3 from diffusers.
LIMIT = 4 * 1.2e-3
SIZES = ("num_layers", "num_single_layers", "num_attention_heads", "attention_head_dim",
         "joint_attention_dim", "mlp_ratio", "in_channels", "rope_theta", "timestep_guidance_channels")


def empty_network():
    """mflux knows the sizes of what is published; those of the fixture are given to its class."""
    configuration = json.loads((TRANSFORMER / "config.json").read_text())
    return Flux2Transformer(
        **{key: configuration[key] for key in SIZES},
        axes_dims_rope=tuple(configuration["axes_dims_rope"]))


def decoded(transformer):
    """name → float32, by diffusers' names."""
    values = {}
    for name, module in transformer.named_modules():
        if not isinstance(module.get("weight"), mx.array):
            continue
        weight = module.weight
        if isinstance(module, nn.QuantizedLinear):
            weight = mx.dequantize(
                weight, module.scales.astype(mx.float32), module.biases.astype(mx.float32),
                group_size=module.group_size, bits=module.bits)
        name = name.replace("time_guidance_embed.", "time_guidance_embed.timestep_embedder.")
        if name.startswith("transformer_blocks") and name.endswith("attn.to_out"):
            name += ".0"
        values[f"{name}.weight"] = to_torch(weight)
    return values


def predicted(transformer):
    run = golden()
    image, text = (mx.array(ids.numpy()) for ids in positions(run))
    embeds = mx.array(run["prompt_embeds"][None].numpy())
    return torch.stack([
        to_torch(transformer(mx.array(x[None].numpy()), embeds, mx.array([float(sigma)]),
                             image, text, None))[0]
        for x, sigma in zip(latents(run), run["sigmas"])])


def load(path, target):
    [component] = [component for component in Flux2KleinWeightDefinition.get_components()
                   if component.name == "transformer"]
    weights = WeightLoader.load(_Only(component), str(path.parent))
    transformer = empty_network()
    bits = WeightApplier.apply_and_quantize(
        weights, {"transformer": transformer}, None, Flux2KleinWeightDefinition)
    if bits != int(target.removeprefix("mflux:").removesuffix("bit")):
        raise ValueError(f"mflux takes it to have {bits} bits")
    values = decoded(transformer)
    # mflux computes in bfloat16, for which CPUs take minutes.
    transformer.apply(
        lambda array: array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array)
    return Loaded(values, predicted(transformer), "float32, time in bfloat16", LIMIT)


class _Only:
    """A definition of a model that has one component, for loading it without the others."""

    def __init__(self, component):
        self.component = component

    def get_components(self):
        return [self.component]

    def get_download_patterns(self):
        return Flux2KleinWeightDefinition.get_download_patterns()
