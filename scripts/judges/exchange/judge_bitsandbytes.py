"""bitsandbytes' folders in diffusers.

diffusers asks for a GPU before it reads such a folder. bitsandbytes itself computes on CPUs, so the
two questions are answered here; everything else is what runs on a GPU.
"""

import copy

import bitsandbytes
import diffusers
import torch
from bitsandbytes.functional import dequantize_4bit, int8_vectorwise_dequant
from diffusers import Flux2Transformer2DModel
from diffusers.quantizers.bitsandbytes import bnb_quantizer
from forward import FLOAT32_LIMIT, INT8_ACTIVATIONS_LIMIT, velocities
from loaded import Loaded

NAME = f"diffusers {diffusers.__version__}, bitsandbytes {bitsandbytes.__version__}"
TARGETS = ["bitsandbytes:nf4", "bitsandbytes:nf4-double", "bitsandbytes:fp4",
           "bitsandbytes:fp4-double", "bitsandbytes:int8"]

NOTE = ("it multiplies with a rounded 1/127 where this suite divides by 127, so that the scales of "
        "bundles are carried exactly; its values are ours to within five roundings of float32.")

for quantizer in (bnb_quantizer.BnB4BitDiffusersQuantizer, bnb_quantizer.BnB8BitDiffusersQuantizer):
    quantizer.validate_environment = lambda self, *arguments, **options: None
    quantizer.update_device_map = lambda self, device_map: device_map or {"": "cpu"}
# On some CPUs the first call packs the weights for instructions that multiply in bfloat16.
bitsandbytes.nn.modules.has_avx512bf16 = lambda: False


def decoded(module):
    """The weight of a linear layer, by the functions that bitsandbytes decodes with."""
    weight = module.weight
    if isinstance(module, bitsandbytes.nn.Linear4bit):
        # The file names a type for what is decoded, to which only the last step rounds.
        state = copy.copy(weight.quant_state)
        state.dtype = torch.float32
        return dequantize_4bit(weight.data, state)
    if isinstance(module, bitsandbytes.nn.Linear8bitLt):
        # The first call moves the scales.
        largest = module.state.SCB if weight.SCB is None else weight.SCB
        values = weight.data * (largest / 127)[:, None]
        # Five roundings to float32 lie between the two.
        if not (int8_vectorwise_dequant(weight.data, largest) - values).abs().le(
                5 * 2**-24 * values.abs()).all():
            raise ValueError("bitsandbytes decodes other values")
        return values
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
                      INT8_ACTIVATIONS_LIMIT, NOTE)
    return Loaded(values, velocities(transformer), "float32", FLOAT32_LIMIT)
