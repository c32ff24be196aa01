"""GGUF files in stable-diffusion.cpp: loaded and sampled with, from text to latents.

It shows pictures only. Of the latents it takes for clean after each step it shows a projection, three
numbers of eight bits for thirty-two, which is the same for all files: it is fitted to the file with
plain float32 weights. Were its network another than ours, 33 numbers a color could not explain 512
pixels to within their rounding.
"""

import math
import re
import subprocess

import torch
from exported import export, values
from forward import network
from harness import MODEL
from PIL import Image
from sdcpp_files import embedding, write_autoencoder, write_encoder

TARGETS = [f"gguf:{kind}" for kind in (
    "F32", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K",
    "IQ4_NL", "IQ4_XS")]
PLAIN = ("gguf:F32", "gguf:BF16")
SIGMAS, SIDE, TEXT_TOKENS, SEED = (1.0, 0.6, 0.0), 8, 512, 1
# A level of eight bits is cut off, so an exact value is off by 1/√12 of a level.
ROUNDING = 1 / math.sqrt(12)
# With the weights decoded to float32 nothing else may be seen. The projection has been fitted with 33
# numbers to 512 pixels, which adds √(1 + 33/512); the mean of 1536 squares varies by 2 %, four times
# that is 8 %.
DECODED_LIMIT = ROUNDING * math.sqrt(1 + 33 / 512) * 1.08
# With the weights as they are, activations are rounded too: K types share a scale of 8 bits among 256.
# A layer's output is off by up to 10/440 as in forward.py; a preview's colors vary by 7 levels, and
# what the 14 blocks add is independent.
NATIVE_LIMIT = math.hypot(ROUNDING, 7 * 10 / 440 * 14**0.5)


def sample(judge, python, model, encoder, *autoencoder, weights="default"):
    """The previews of a run, [steps, 256, 3], or the log of one that failed."""
    folder = judge.folder / f"{model.name}-{weights}-previews"
    folder.mkdir()
    run = subprocess.run(
        [python, str(__file__).replace("judge_sdcpp", "sdcpp_run"), str(model), str(encoder),
         ",".join(map(str, SIGMAS)), str(folder), weights, *map(str, autoencoder)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))]
    if len(pictures) != len(SIGMAS) - 1:
        return None, run.stdout + run.stderr
    return torch.stack([torch.tensor(list(picture.getdata())) for picture in pictures]).double(), ""


def clean_latents(weights):
    """What our weights give for the same noise and text in float32, [steps, 256, 32] in pixels."""
    transformer = network(weights)
    noise = torch.randn(1, 128, SIDE, SIDE, generator=torch.Generator().manual_seed(SEED))
    x = noise[0].permute(1, 2, 0).reshape(SIDE * SIDE, 128)
    text = embedding().repeat(3).repeat(1, TEXT_TOKENS, 1)
    image_ids = torch.tensor([[[0, row, column, 0] for row in range(SIDE) for column in range(SIDE)]])
    text_ids = torch.tensor([[[0, 0, 0, token] for token in range(TEXT_TOKENS)]])
    steps = []
    for sigma, next_sigma in zip(SIGMAS, SIGMAS[1:]):
        with torch.no_grad():
            velocity = transformer(
                hidden_states=x[None], encoder_hidden_states=text, timestep=torch.tensor([sigma]),
                img_ids=image_ids, txt_ids=text_ids, return_dict=False)[0][0]
        steps.append(x - sigma * velocity)
        x = x + (next_sigma - sigma) * velocity
    # A token's channels are those of a latent of 2 × 2 pixels.
    return torch.stack([step.reshape(SIDE, SIDE, 32, 2, 2).permute(0, 3, 1, 4, 2).reshape(-1, 32)
                        for step in steps]).double()


def with_one(latents):
    return torch.cat([latents.reshape(-1, 32), torch.ones(latents.numel() // 32, 1)], dim=1).double()


def refusal(judge, python, model):
    """What the loader says to the text encoder and the autoencoder of the fixture."""
    _, log = sample(judge, python, model, MODEL / "text_encoder/model.safetensors", "--vae",
                    MODEL / "vae/diffusion_pytorch_model.safetensors", weights="bf16")
    shape = r"(\[[^]]*\])"
    found = re.search(
        f"tensor '([^']*)' has wrong shape in model file: got {shape}, expected {shape}", log)
    judge.check(found, f"stable-diffusion.cpp names the tensor it refuses: {log[-300:]}")
    return found and f"{found[1]}: got {found[2]}, expected {found[3]}"


def run(judge, python):
    version = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('stable-diffusion-cpp-python'))"],
        capture_output=True, text=True, check=True).stdout.strip()
    name = f"stable-diffusion-cpp-python {version}"
    write_encoder(encoder := judge.folder / "encoder.safetensors")
    write_autoencoder(autoencoder := judge.folder / "autoencoder.safetensors")
    rows, projection = [], None
    for target in TARGETS:
        row = {"target": target, "component": "pipeline", "runtime": name, "loaded": False}
        model = judge.folder / target.replace(":", "-")
        model = model.with_name(model.name + ".gguf")
        if not model.exists():
            model, _ = export(judge, target)
        rows.append(row)
        expected = with_one(clean_latents(values(judge, model)))
        for weights, key, limit in (("f32", "decoded_levels", DECODED_LIMIT),
                                    ("default", "native_levels", NATIVE_LIMIT)):
            if target in PLAIN and weights == "default":
                continue  # the same numbers again
            found, log = sample(judge, python, model, encoder, "--tiny", autoencoder, weights=weights)
            if not judge.check(found is not None, f"{target}: {name} refuses it: {log[-400:]}"):
                row["refusal"] = log.strip().splitlines()[-1][:300] if log.strip() else "no reason"
                break
            row["loaded"] = True
            found = found.reshape(-1, 3) + 0.5
            if projection is None:
                projection = torch.linalg.lstsq(expected, found).solution
            levels = float((expected @ projection - found).square().mean().sqrt())
            row[key] = levels
            judge.check(levels <= limit, f"{target}: {name} shows latents {levels:.3f} levels from "
                        f"ours with {weights} weights, expected at most {limit:.3f}")
    if rows and rows[0]["loaded"]:
        first = judge.folder / "gguf-F32.gguf"
        rows[0]["note"] = (
            "the loader takes text encoders of Qwen3 with heads of 128 and autoencoders of the "
            "published widths only, whatever a file says. Those of the fixture are smaller and refused "
            f"({refusal(judge, python, first)}); stand-ins of the right sizes take their places.")
    return rows
