"""Is a picture of mmdit-render the one that diffusers makes? Pixels within one of 255 levels.

Both run in float32 from the same weights. Where noise comes from a file both begin with the same
bits; where it comes from a seed, each draws its own.
"""

import json
import pathlib
import shutil
import sys

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import GOLDENS, MODEL, Judge  # noqa: E402

from diffusers import Flux2KleinPipeline  # noqa: E402
import tiny_dev  # noqa: E402

torch.set_num_threads(2)
TURBO = [1.0, 0.6509, 0.4374, 0.2932, 0.1893, 0.1108, 0.0495, 0.00031]


def klein(folder):
    pipeline = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def noise(channels, height, width, seed):
    return torch.randn(
        1, channels, height // 16, width // 16, generator=torch.Generator().manual_seed(seed))


def pixels(path):
    with Image.open(path) as image:
        return numpy.asarray(image.convert("RGB"), dtype=numpy.int32)


class RenderJudge:
    def __init__(self, judge):
        self.judge = judge
        self.folder = judge.folder
        self.count = 0

    def render(self, model, prompt, *options, name):
        output = self.folder / name
        self.judge.tool("mmdit-render", model, "--prompt", prompt, "--output", output, *options)
        return output

    def compare(self, what, ours, theirs):
        """The largest difference, in levels; and how many values differ at all."""
        theirs = numpy.asarray(theirs, dtype=numpy.int32)
        ours = pixels(ours)
        if ours.shape != theirs.shape:
            self.judge.check(False, f"{what}: {ours.shape} is {theirs.shape}")
            return
        worst, differing = int(abs(ours - theirs).max()), float((ours != theirs).mean())
        print(f"{what}: largest difference {worst} of 255, {100 * differing:.3f} % differ")
        self.judge.check(worst <= 1, f"{what}: pixels {worst} levels apart are at most 1 apart")
        # Rounding flips a value only where it lies within the error of a half level.
        self.judge.check(differing < 0.01, f"{what}: {differing} of the values differ, under 1 %")

    def case(self, what, model, pipeline, prompt, width, height, options, seed=None, images=(),
             **arguments):
        """One picture of both; noise from a file unless a seed is given."""
        channels = pipeline.transformer.config.in_channels
        text = arguments.setdefault("max_sequence_length", 64)
        tool = ["--size", f"{width}x{height}", "--max-sequence-length", str(text), *options]
        if seed is None:
            latents = noise(channels, height, width, 11)
            save_file({"noise": latents}, self.folder / "noise.safetensors")
            tool += ["--noise", self.folder / "noise.safetensors"]
            arguments["latents"] = latents.clone()
        else:
            tool += ["--seed", str(seed)]
            arguments["generator"] = torch.Generator().manual_seed(seed)
        for number, image in enumerate(images):
            path = self.folder / f"reference-{number}.png"
            image.save(path)
            tool += ["--reference", path]
        if images:
            arguments["image"] = list(images)
        self.count += 1
        ours = self.render(model, prompt, *tool, name=f"picture-{self.count}.png")
        with torch.no_grad():
            theirs = pipeline(prompt=prompt, width=width, height=height, **arguments).images[0]
        self.compare(what, ours, theirs)
        return ours, theirs


def judge_base(render):
    pipeline = klein(MODEL)
    guided = ["--steps", "5", "--guidance", "3.5"]
    settings = {"num_inference_steps": 5, "guidance_scale": 3.5}
    first, picture = render.case(
        "guidance, noise from a file", MODEL, pipeline, "rocket on a black background", 128, 128,
        guided, **settings)
    render.case("noise of a seed", MODEL, pipeline, "cat face on a yellow background", 128, 128,
                guided, seed=123456789, **settings)
    render.case("wide, 512 text tokens, no guidance", MODEL, pipeline, "red apple, 苹果 🍎", 176, 96,
                ["--steps", "3", "--guidance", "1"], num_inference_steps=3, guidance_scale=1.0,
                max_sequence_length=512)
    render.case("levels of one's own", MODEL, pipeline, "fire above ice", 128, 128,
                ["--sigmas", ",".join(map(str, TURBO)), "--guidance", "3.5"], sigmas=TURBO,
                num_inference_steps=len(TURBO), guidance_scale=3.5)
    render.case("a prompt that is cut", MODEL, pipeline, "octopus " * 100, 64, 64,
                ["--steps", "2"], num_inference_steps=2, guidance_scale=4.0)
    odd = picture.resize((151, 135))
    render.case("a reference of an odd size", MODEL, pipeline, "change the background to green",
                128, 128, guided, images=[odd], **settings)
    render.case("two references", MODEL, pipeline, "the same picture on a purple background",
                128, 128, guided, images=[picture, picture.rotate(90)], **settings)
    judge_metadata(render, first)
    judge_arithmetic(render, first, *guided, "--size", "128x128", "--max-sequence-length", "64",
                     "--noise", render.folder / "noise.safetensors")
    other = render.render(MODEL, "rocket on a black background", *guided, "--size", "128x128",
                          "--max-sequence-length", "64", "--seed", "12", name="other.png")
    apart = int(abs(pixels(other) - numpy.asarray(picture, dtype=numpy.int32)).max())
    render.judge.check(apart > 1, f"another seed is seen: {apart} levels apart")


def judge_metadata(render, path):
    with Image.open(path) as image:
        texts = image.text
    document = json.loads(texts.get("mmdit-render", "{}"))
    render.judge.check(texts.get("Description") == "rocket on a black background",
                       f"the picture says its prompt: {texts.get('Description')}")
    render.judge.check(texts.get("Software", "").startswith("mmdit-tools "), "and its program")
    render.judge.check(
        document.get("steps") == 5 and document.get("guidance") == 3.5
        and document.get("sigmas", [0])[0] == 1 and len(document.get("sigmas", [])) == 6,
        f"and how it was made: {document}")
    render.judge.check(document.get("arithmetic") == "float32", "and in which arithmetic")


def judge_arithmetic(render, exact, *options):
    """The same picture in less is another one, and the further the less it is; scripts/judges/fidelity
    judges how far."""
    last = 0
    for arithmetic in ("bfloat16", "int8"):
        path = render.render(MODEL, "rocket on a black background", *options, "--arithmetic",
                             arithmetic, name=f"{arithmetic}.png")
        with Image.open(path) as image:
            said = json.loads(image.text["mmdit-render"])["arithmetic"]
        render.judge.check(said == arithmetic, f"the picture says its arithmetic: {said}")
        apart = abs(pixels(path) - pixels(exact)).mean()
        render.judge.check(apart > last, f"{arithmetic}: {apart} levels from float32, over {last}")
        last = apart


def judge_distilled(render):
    folder = render.folder / "distilled"
    shutil.copytree(MODEL, folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["is_distilled"] = True
    (folder / "model_index.json").write_text(json.dumps(index))
    render.case("distilled: four steps, one prediction each", folder, klein(folder),
                "penguin on a red background", 128, 128, [], num_inference_steps=4,
                guidance_scale=4.0)


def merged(transformer, lora, scale):
    """Adds a LoRA to the weights: W + scale · B · A."""
    weights, parts = transformer.state_dict(), load_file(lora)
    for name in [name for name in parts if name.endswith(".lora_A.weight")]:
        stem = name.removesuffix(".lora_A.weight")
        down, up = parts[name].float(), parts[f"{stem}.lora_B.weight"].float()
        weights[f"{stem.removeprefix('transformer.')}.weight"] += scale * (up @ down)


def judge_turbo(render):
    pipeline = klein(MODEL)
    with torch.no_grad():
        # Rank and alpha are both 16.
        merged(pipeline.transformer, MODEL / "lora-turbo/pytorch_lora_weights.safetensors", 1.0)
    folder = render.folder / "turbo"
    pipeline.transformer.save_pretrained(folder)
    levels = ",".join(map(str, TURBO))
    ours, _ = render.case(
        "turbo: eight levels, weights from a folder", MODEL, pipeline,
        "red apple on a blue background", 128, 128,
        ["--sigmas", levels, "--guidance", "1", "--weights", folder], seed=100, sigmas=TURBO,
        num_inference_steps=len(TURBO), guidance_scale=1.0)
    recorded = load_file(GOLDENS)["apple-turbo.image"].numpy()
    render.compare("turbo as it was recorded", ours, recorded)


def judge_bundle(render):
    bundle, plain = render.folder / "int4.mmdit", render.folder / "int4.safetensors"
    render.judge.tool("mmdit-quantize", MODEL, "--recipe", "int4-g64", "--output", bundle)
    render.judge.tool("mmdit-bundle", "unpack", bundle, "--dtype", "f32", "--output", plain)
    pipeline = klein(MODEL)
    pipeline.transformer.load_state_dict(
        {name: tensor.float() for name, tensor in load_file(plain).items()})
    render.case("weights of a bundle", MODEL, pipeline, "unicorn to the left of rainbow", 128, 128,
                ["--steps", "5", "--guidance", "3.5", "--weights", bundle],
                num_inference_steps=5, guidance_scale=3.5)


def judge_dev(render):
    folder = render.folder / "dev"
    folder.mkdir()
    prompts = ["a red apple on a wooden table", "Zwei Äpfel, 3 [IMG] pears", "雨の日の猫 🐈"]
    pipeline = tiny_dev.make(folder, prompts * 20)
    for prompt in prompts:
        render.case(f"dev: {prompt}", folder, pipeline, prompt, 96, 64,
                    ["--steps", "3", "--guidance", "2.5"], num_inference_steps=3,
                    guidance_scale=2.5, max_sequence_length=128)


if __name__ == "__main__":
    with Judge() as judge:
        render = RenderJudge(judge)
        judge_base(render)
        judge_distilled(render)
        judge_turbo(render)
        judge_bundle(render)
        judge_dev(render)
