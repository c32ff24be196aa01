"""bitsandbytes' folders in diffusers.

diffusers asks for a GPU before it reads such a folder. bitsandbytes itself computes on CPUs, so the
two questions are answered here; everything else is what runs on a GPU.
"""

import bitsandbytes
import diffusers
import torch
from bitsandbytes.functional import dequantize_4bit, int8_vectorwise_dequant
from diffusers import Flux2Transformer2DModel
from diffusers.quantizers.bitsandbytes import bnb_quantizer
from forward import INT8_ACTIVATIONS_LIMIT, ROUNDED_TO_BFLOAT16_LIMIT, velocities
from loaded import Loaded

NAME = f"diffusers {diffusers.__version__}, bitsandbytes {bitsandbytes.__version__}"
TARGETS = ["bitsandbytes:nf4", "bitsandbytes:nf4-double", "bitsandbytes:fp4", "bitsandbytes:int8"]

for quantizer in (bnb_quantizer.BnB4BitDiffusersQuantizer, bnb_quantizer.BnB8BitDiffusersQuantizer):
    quantizer.validate_environment = lambda self, *arguments, **options: None
    quantizer.update_device_map = lambda self, device_map: device_map or {"": "cpu"}


def decoded(module):
    """The weight of a linear layer, by the functions that bitsandbytes decodes with."""
    weight = module.weight
    if isinstance(module, bitsandbytes.nn.Linear4bit):
        return dequantize_4bit(weight.data, weight.quant_state).float()
    if isinstance(module, bitsandbytes.nn.Linear8bitLt):
        return int8_vectorwise_dequant(weight.data, weight.SCB).float()
    return weight.float()


def load(path, target):
    transformer = Flux2Transformer2DModel.from_pretrained(path, torch_dtype=torch.float32).eval()
    for module in transformer.modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            module.compute_dtype = torch.float32  # the configuration asks for what GPUs are fast in
    values = {name: tensor.float() for name, tensor in transformer.state_dict().items()
              if name.endswith(".weight") and tensor.is_floating_point()}
    values |= {f"{name}.weight": decoded(module) for name, module in transformer.named_modules()
               if isinstance(module, (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt))}
    if target.endswith("int8"):
        return Loaded(values, velocities(transformer), "int8 activations, float16",
                      INT8_ACTIVATIONS_LIMIT)
    # What decodes a whole layer gives the type that the file names, as ours does; what multiplies
    # decodes to the type of the activations, which float32 is here.
    return Loaded(values, velocities(transformer), "float32, weights not rounded to bfloat16",
                  ROUNDED_TO_BFLOAT16_LIMIT)
