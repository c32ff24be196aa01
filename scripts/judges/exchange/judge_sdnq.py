"""SDNQ's folders in diffusers."""

import diffusers
import sdnq
import torch
from diffusers import Flux2Transformer2DModel
from forward import FLOAT32_LIMIT, velocities
from loaded import Loaded
from sdnq.utils import get_sdnq_params

NAME = f"diffusers {diffusers.__version__}, sdnq {sdnq.__version__}"
TARGETS = ["sdnq:int8", "sdnq:int4"]


def load(path, target):
    transformer = Flux2Transformer2DModel.from_pretrained(path, torch_dtype=torch.float32).eval()
    values = {}
    for name, module in transformer.named_modules():
        if getattr(module, "weight", None) is None:
            continue
        decoded = module.weight
        if hasattr(module, "sdnq_dequantizer"):
            decoded = module.sdnq_dequantizer(
                **get_sdnq_params(module), dtype=torch.float32,
                skip_quantized_matmul=module.sdnq_dequantizer.use_quantized_matmul)
        values[f"{name}.weight"] = decoded.detach().float()
    return Loaded(values, velocities(transformer), "float32", FLOAT32_LIMIT)
