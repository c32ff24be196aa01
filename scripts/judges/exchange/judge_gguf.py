"""GGUF files in diffusers, and block by block by the package gguf."""

import diffusers
import gguf
import numpy as np
import torch
from diffusers import Flux2Transformer2DModel, GGUFQuantizationConfig
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers as to_diffusers,
)
from exported import TRANSFORMER
from forward import DECODED_IN_FLOAT16_LIMIT, FLOAT32_LIMIT, velocities
from loaded import Loaded

NAME = f"diffusers {diffusers.__version__}, gguf 0.19.0"
TARGETS = [f"gguf:{kind}" for kind in (
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M")]


def decoded(path):
    """name → float32 of all tensors, by the package gguf."""
    return {tensor.name: torch.from_numpy(np.array(
        gguf.quants.dequantize(tensor.data, tensor.tensor_type), np.float32).reshape(
            [int(extent) for extent in reversed(tensor.shape)]))
        for tensor in gguf.GGUFReader(path).tensors}


def load(path, target):
    # The sizes have to be said: a single file of this family is taken to be FLUX.2-dev.
    transformer = Flux2Transformer2DModel.from_single_file(
        path, config=str(TRANSFORMER), torch_dtype=torch.float32,
        quantization_config=GGUFQuantizationConfig(compute_dtype=torch.float32)).eval()
    # diffusers multiplies scales and codes in float16, the type of the scales, whatever it is told to
    # compute with; gguf does it in float32. So the values are compared with gguf's.
    plain = target.removeprefix("gguf:") in ("F32", "F16", "BF16")
    return Loaded(to_diffusers(decoded(path)), velocities(transformer),
                  "float32" if plain else "float32, weights decoded in float16",
                  FLOAT32_LIMIT if plain else DECODED_IN_FLOAT16_LIMIT)
