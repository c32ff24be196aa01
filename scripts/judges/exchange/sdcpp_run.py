"""Runs stable-diffusion.cpp on one set of files. In its own environment, which has no numpy.

    sdcpp_run.py MODEL ENCODER SIGMAS FOLDER TYPE (--tiny AUTOENCODER | --vae AUTOENCODER)

TYPE is what weights become in memory, `default` or `f32`. Writes FOLDER/STEP.png, the
projections of what it takes for clean latents after each step. What goes wrong is in its log,
standard error.
"""

import sys

from stable_diffusion_cpp import StableDiffusion

model, encoder, sigmas, folder, type_in_memory, kind, autoencoder = sys.argv[1:]
runner = StableDiffusion(
    diffusion_model_path=model, llm_path=encoder, n_threads=2,
    wtype=type_in_memory, rng_type="cpu", sampler_rng_type="cpu",
    **{"taesd_path" if kind == "--tiny" else "vae_path": autoencoder})
runner.generate_image(
    prompt="penguin", width=128, height=128, sigmas=sigmas, sample_steps=sigmas.count(","),
    cfg_scale=1.0, seed=1, sample_method="euler", preview_method="proj",
    preview_callback=lambda step, frames, noisy: frames[0].save(f"{folder}/{step}.png"))
