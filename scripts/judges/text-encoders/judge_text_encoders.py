"""Hidden states of our text encoders against those of transformers, on networks made just now.

A Swift test reads the folder of cases that this writes: the core has no tool of its own that prints
hidden states.
"""

import os
import pathlib
import subprocess
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]),
                str(pathlib.Path(__file__).resolve().parents[2])]

import torch
import transformers
from harness import MODEL, ROOT, Judge
from safetensors.torch import load_file, save_file
from text_encoder_cases import KINDS, case, network, prompt, save, write

transformers.utils.logging.disable_progress_bar()
LIMIT = 1e-4
# Other sizes than the committed encoders have, and columns that groups of 64 codes fill.
SIZES = {"hidden_size": 128, "intermediate_size": 192, "num_hidden_layers": 5,
         "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 300}
RECIPES = ("int8", "int4")


def prompts(generator, vocabulary=300):
    def one(*arguments, **sides):
        return prompt(generator, *arguments, vocabulary=vocabulary, **sides)

    return [one(33), one(64, left=31), one(64, right=31), one(50, left=9, right=8), one(2),
            one(300, left=150), one(300, right=41), one(129), one(5, left=5)]


def measured(folder):
    """What the Swift test says of a folder of cases: (exit code, case and prompt → error, text)."""
    process = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "TextEncoderJudgeTests"],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env=os.environ | {"MMDIT_TEXT_ENCODER_CASES": str(folder)})
    errors = {}
    for line in process.stdout.splitlines():
        if line.startswith("ENCODED "):
            _, identifier, index, error = line.split()
            errors[f"{identifier}.{index}"] = float(error)
    return process.returncode, errors, (process.stdout + process.stderr)[-2000:]


def dequantized(judge, bundle, reference):
    """`reference` with the weights that the suite reads of a bundle."""
    output = judge.folder / f"{bundle.stem}-values.safetensors"
    judge.tool("mmdit-convert", bundle, "--dequantize", "--dtype", "f32", "--layout", "diffusers",
               "--output", output)
    weights = load_file(output)
    changed = 0
    with torch.no_grad():
        for name, tensor in reference.named_parameters():
            saved = name.replace("model.language_model.", "language_model.model.")
            if saved in weights:
                changed += int(not torch.equal(tensor, weights[saved]))
                tensor.copy_(weights.pop(saved))
    # Every value has found its parameter, and codes have changed some.
    judge.check(not weights, f"{bundle.name}: transformers has all of {sorted(weights)[:3]}")
    judge.check(changed > 0, f"{bundle.name}: codes differ from the values they were made of")
    return reference


def random_cases(judge, folder, cases, tensors):
    for seed, kind in enumerate(KINDS):
        generator = torch.Generator().manual_seed(900 + seed)
        model = network(kind, seed=700 + seed, **SIZES)
        save(model, folder / kind)
        asked = prompts(generator)
        cases.append(case(model, kind, kind, asked, [0, 2, 4, 5], tensors))
        for recipe in RECIPES:
            bundle = folder / f"{kind}-{recipe}.mmdit"
            judge.report("mmdit-quantize", folder / kind, "--recipe", recipe, "--output", bundle)
            reference = dequantized(judge, bundle, network(kind, seed=700 + seed, **SIZES))
            cases.append(case(reference, f"{kind}-{recipe}", bundle.name, asked, [2, 5], tensors))


def fixture_cases(judge, folder, cases, tensors):
    """The fixture's own encoder from a bundle, over tokens of its vocabulary."""
    def load():
        return transformers.AutoModelForCausalLM.from_pretrained(
            MODEL / "text_encoder", dtype=torch.float32).eval()

    bundle = folder / "glyph-klein-int4.mmdit"
    judge.report(
        "mmdit-quantize", MODEL / "text_encoder", "--recipe", "int4", "--output", bundle)
    asked = prompts(torch.Generator().manual_seed(902), vocabulary=2000)
    cases.append(case(dequantized(judge, bundle, load()), "glyph-klein-int4", bundle.name, asked,
                      [9, 18, 27], tensors))


def controls(judge, folder, cases, tensors):
    """What is wrong must be found: one weight, one flag of a mask, another convention of entries."""
    kind = next(iter(KINDS))
    first = next(each for each in cases if each["id"] == kind)
    path = folder / kind / "model.safetensors"
    before = path.read_bytes()
    weights = load_file(path)
    name = "model.layers.1.self_attn.v_proj.weight"
    weights[name][3, 5] *= -1
    save_file(weights, path, metadata={"format": "pt"})
    write(folder, [first], tensors)
    code, errors, text = measured(folder)
    judge.check(code != 0 and max(errors.values(), default=0) > LIMIT,
                f"one weight with the other sign is found: {errors} {text}")
    path.write_bytes(before)

    # Of the prompt with padding on the left: its first token is no padding any more.
    padded = dict(first["prompts"][1], mask=[1] + first["prompts"][1]["mask"][1:])
    changed = first | {"prompts": [first["prompts"][0], padded]}
    write(folder, [changed], tensors)
    code, errors, text = measured(folder)
    judge.check(code != 0 and errors.get(f"{kind}.0", 1) < LIMIT < errors.get(f"{kind}.1", 0),
                f"one flag of a mask is found, and only there: {errors} {text}")

    write(folder, [first | {"layers": [1, 3, 5, 5]}], tensors)
    code, errors, text = measured(folder)
    judge.check(code != 0 and min(errors.values(), default=0) > LIMIT,
                f"entries counted from the first layer are found: {errors} {text}")


with Judge() as judge:
    folder = judge.folder / "cases"
    folder.mkdir()
    cases, tensors = [], {}
    random_cases(judge, folder, cases, tensors)
    fixture_cases(judge, folder, cases, tensors)
    write(folder, cases, tensors)
    code, errors, text = measured(folder)
    judge.check(code == 0, f"the Swift test passes: {text}")
    for each in cases:
        found = [errors.get(f"{each['id']}.{index}") for index in range(len(each["prompts"]))]
        judge.check(None not in found, f"{each['id']}: every prompt is measured")
        worst = max((error for error in found if error is not None), default=1)
        if judge.check(worst <= LIMIT, f"{each['id']}: {worst} is at most {LIMIT}"):
            print(f"{each['id']}: at most {worst:.1e} of transformers' hidden states")
    controls(judge, folder, cases, tensors)
