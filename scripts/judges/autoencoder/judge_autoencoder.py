"""Judges the autoencoder: fresh random models, whose pictures and tokens diffusers computes.

Usage: judge_autoencoder.py FOLDER_WITH_THE_TOOLS

Each model has the structure of a published one with fewer channels. AutoencodersTests, built with
the tools, decodes and encodes the same numbers and compares; the judge has it do so once as they are
and once for each way of breaking them, which it has to find.
"""

import copy
import json
import os
import pathlib
import secrets
import subprocess
import sys

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from diffusers.image_processor import VaeImageProcessor
from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline
from PIL import Image
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness

MODELS = {
    "like-flux2": dict(block_out_channels=[64, 128, 256, 256]),
    "small-decoder": dict(
        block_out_channels=[64, 128, 256, 256], decoder_block_out_channels=[32, 96, 192, 192]),
    "no-quant-convolutions": dict(
        block_out_channels=[32, 64, 64, 128], latent_channels=8, layers_per_block=1,
        use_quant_conv=False, use_post_quant_conv=False),
}
GRIDS = [(1, 1), (3, 5), (9, 2), (8, 8)]
SIZES = [(16, 16), (48, 80), (144, 32)]


def random_model(configuration):
    """As the class begins, with norms and statistics that are not 1 and 0."""
    model = AutoencoderKLFlux2(**configuration).float().eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "norm" in name:
                value.add_(torch.randn_like(value) * 0.3)
            elif name.endswith("bias"):
                value.normal_(0, 0.1)
        model.bn.running_mean.normal_(0, 0.5)
        model.bn.running_var.uniform_(0.2, 3)
    return model


def cases(model):
    mean = model.bn.running_mean.view(1, -1, 1, 1)
    deviation = torch.sqrt(model.bn.running_var.view(1, -1, 1, 1) + model.config.batch_norm_eps)
    processor = VaeImageProcessor(vae_scale_factor=16)
    made = {}
    with torch.no_grad():
        for index, (height, width) in enumerate(GRIDS):
            packed = torch.randn(1, 4 * model.config.latent_channels, height, width)
            latents = Flux2Pipeline._unpatchify_latents(packed * deviation + mean)
            picture = model.decode(latents, return_dict=False)[0]
            image = np.asarray(processor.postprocess(picture, output_type="pil")[0])
            made[f"{index}.tokens"] = packed[0].permute(1, 2, 0)
            made[f"{index}.picture"] = picture[0]
            made[f"{index}.image"] = torch.from_numpy(image.copy())
        for index, (height, width) in enumerate(SIZES):
            source = np.random.default_rng(secrets.randbits(32)).integers(
                0, 256, (height, width, 3), dtype=np.uint8)
            pixels = processor.preprocess(Image.fromarray(source))
            latents = Flux2Pipeline._patchify_latents(model.encode(pixels).latent_dist.mode())
            tokens = (latents - mean) / deviation
            made[f"{index}.source"] = torch.from_numpy(source)
            made[f"{index}.encoded_tokens"] = tokens[0].flatten(1).T
    return made


def write(folder, model, tensors):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(
        {"_class_name": "AutoencoderKLFlux2"} | dict(model.config)))
    save_file(
        {name: value.contiguous().clone() for name, value in model.state_dict().items()},
        folder / "weights.safetensors")
    save_file({name: value.contiguous() for name, value in tensors.items()},
              folder / "cases.safetensors")


def compare(folder):
    """Whether the test accepts the folder, and what it said."""
    process = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "AutoencoderJudgeTests"],
        cwd=harness.ROOT, env=os.environ | {"MMDIT_AUTOENCODER_CASES": str(folder)},
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return process.returncode == 0, process.stdout + process.stderr


def broken(model):
    """Models that are not the one which computed the cases, and what about them is not."""

    def changed(change):
        other = copy.deepcopy(model)
        with torch.no_grad():
            change(other)
        return other

    yield "one kernel of the decoder is 2 % larger", "decoded", changed(
        lambda m: m.decoder.up_blocks[2].resnets[0].conv1.weight.mul_(1.02))
    # Of one channel: the norm behind it takes away what is added to all of a group.
    yield "the attention of the encoder has another bias", "encoded", changed(
        lambda m: m.encoder.mid_block.attentions[0].to_out[0].bias[3].add_(0.2))
    yield "the values of the decoder's attention are its queries", "decoded", changed(
        lambda m: m.decoder.mid_block.attentions[0].to_v.weight.copy_(
            m.decoder.mid_block.attentions[0].to_q.weight))
    yield "a mean of the statistics is off by a hundredth", "decoded", changed(
        lambda m: m.bn.running_mean[5].add_(0.01))
    yield "a norm of the encoder has another factor", "encoded", changed(
        lambda m: m.encoder.down_blocks[1].resnets[0].norm1.weight[3].mul_(1.2))


def main():
    seed = secrets.randbits(31)
    print(f"seed {seed}")
    torch.manual_seed(seed)
    with harness.Judge() as judge:
        made = {}
        for name, configuration in MODELS.items():
            model = random_model(configuration)
            made[name] = (model, cases(model))
            write(judge.folder / "right" / name, *made[name])
        accepted, text = compare(judge.folder / "right")
        count = len(MODELS) * (len(GRIDS) + len(SIZES))
        for line in text.splitlines():
            if "relative error" in line or "differs" in line:
                print(line)
        judge.check(
            accepted and f"compared {count} cases" in text,
            f"the test accepts {count} cases of diffusers:\n{text[-2000:]}")
        name = "no-quant-convolutions"
        model, tensors = made[name]
        for index, (what, where, other) in enumerate(broken(model)):
            folder = judge.folder / f"broken-{index}"
            write(folder / name, other, tensors)
            accepted, text = compare(folder)
            judge.check(not accepted and f"{where} differs" in text, f"the test finds that {what}")


main()
