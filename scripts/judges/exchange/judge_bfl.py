"""Files in BFL's own layout with their scales, in diffusers."""

import diffusers
import torch
from diffusers import BFLQuantizationConfig, Flux2Transformer2DModel
from diffusers.quantizers.bfl.utils import (
    BFLFP8RLinear,
    BFLNVFP4Linear,
    dequantize_fp8r,
    dequantize_nvfp4,
)
from exported import TRANSFORMER
from forward import FLOAT32_LIMIT, velocities
from loaded import Loaded

NAME = f"diffusers {diffusers.__version__}"
TARGETS = ["bfl:fp8", "bfl:nvfp4"]


def decoded(module):
    if isinstance(module, BFLFP8RLinear):
        return dequantize_fp8r(module.weight, module.weight_scale)
    if isinstance(module, BFLNVFP4Linear):
        return dequantize_nvfp4(module.weight, module.weight_scale, module.weight_scale_2)
    return module.weight.float()


def load(path, target):
    # The sizes have to be said: a single file of this family is taken to be FLUX.2-dev.
    transformer = Flux2Transformer2DModel.from_single_file(
        path, config=str(TRANSFORMER), torch_dtype=torch.float32,
        quantization_config=BFLQuantizationConfig(compute_dtype=torch.float32)).eval()
    values = {f"{name}.weight": decoded(module) for name, module in transformer.named_modules()
              if getattr(module, "weight", None) is not None}
    # Without an NVIDIA card of the right generation the weights are decoded, which is what we want.
    return Loaded(values, velocities(transformer), "float32", FLOAT32_LIMIT)
