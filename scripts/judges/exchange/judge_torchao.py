"""torchao's folders in diffusers."""

import importlib.metadata

import diffusers
import torch
from diffusers import Flux2Transformer2DModel
from forward import FLOAT32_LIMIT, velocities
from loaded import Loaded
from torchao.utils import TorchAOBaseTensor

NAME = f"diffusers {diffusers.__version__}, torchao {importlib.metadata.version('torchao')}"
TARGETS = ["torchao:int8"]


def load(path, target):
    transformer = Flux2Transformer2DModel.from_pretrained(path, torch_dtype=torch.float32).eval()
    values = {
        name: tensor.dequantize(torch.float32) if isinstance(tensor, TorchAOBaseTensor)
        else tensor.float()
        for name, tensor in transformer.state_dict().items()}
    return Loaded(values, velocities(transformer), "float32", FLOAT32_LIMIT)
