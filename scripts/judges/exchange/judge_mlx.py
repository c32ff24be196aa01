"""MLX's affine codes, decoded by MLX on the CPU."""

import json

import mlx.core as mx
import numpy as np
import torch
from forward import FLOAT32_LIMIT, network, velocities
from loaded import Loaded

NAME = f"mlx {mx.__version__}"
TARGETS = [f"mlx:{bits}bit-g{group}" for bits in (4, 8) for group in (32, 64, 128)]


def tensors(folder):
    return {name: array for file in sorted(folder.glob("*.safetensors"))
            for name, array in mx.load(str(file)).items()}


def to_torch(array):
    return torch.from_numpy(np.array(array.astype(mx.float32)))


def decoded(arrays, group, bits):
    """name → float32; scales become float32 first, as their products do nowhere else."""
    values = {}
    for name, array in arrays.items():
        module, _, kind = name.rpartition(".")
        if kind in ("scales", "biases"):
            continue
        if f"{module}.scales" in arrays:
            array = mx.dequantize(
                array, arrays[f"{module}.scales"].astype(mx.float32),
                arrays[f"{module}.biases"].astype(mx.float32), group_size=group, bits=bits)
        values[name] = to_torch(array)
    return values


def load(path, target):
    # A loader of MLX takes the sizes from here, as mlx-lm does.
    settings = json.loads((path / "config.json").read_text())["quantization"]
    values = decoded(tensors(path), settings["group_size"], settings["bits"])
    return Loaded(values, velocities(network(values)), "float32", FLOAT32_LIMIT)
