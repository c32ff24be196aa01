"""Runs bitsandbytes' folders in diffusers as people do, on a GPU and without a word beside the path.

    on_gpu.py EXPORT_FOLDER VELOCITIES.safetensors

EXPORT_FOLDER is what `mmdit-export … --to bitsandbytes:…` wrote of the fixture's transformer, the
velocities what `mmdit-verify --velocities` wrote of it. No stage of scripts/test has a GPU:
reports/exchange-gpu.md has what this printed.
"""

import pathlib
import sys

import bitsandbytes
import diffusers
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from forward import golden, latents, positions
from harness import QUICK_GOLDEN
from safetensors.torch import load_file

folder, velocities = sys.argv[1:]
transformer = diffusers.Flux2Transformer2DModel.from_pretrained(folder)
run, dtype, device = golden(), transformer.dtype, next(transformer.parameters()).device
image_ids, text_ids = (ids.to(device) for ids in positions(run))
ours = load_file(velocities)[f"{QUICK_GOLDEN}.velocity"]
errors = []
for x, sigma, expected in zip(latents(run), run["sigmas"], ours):
    with torch.no_grad():
        found = transformer(
            hidden_states=x[None].to(device, dtype), timestep=sigma[None].to(device, dtype),
            encoder_hidden_states=run["prompt_embeds"][None].to(device, dtype),
            img_ids=image_ids, txt_ids=text_ids, return_dict=False)[0][0].float().cpu()
    errors.append(float((found - expected).norm() / expected.norm()))
print(f"diffusers {diffusers.__version__}, bitsandbytes {bitsandbytes.__version__}, "
      f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
print(f"{type(transformer.transformer_blocks[0].attn.to_q).__name__} on {device}, {dtype}: "
      f"forward error {max(errors):.2g} at most")
