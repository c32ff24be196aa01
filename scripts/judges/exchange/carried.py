"""Codes of bundles that an export moves as they are: runtimes decode the values the bundle has."""

import importlib
import json

import torch
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers as to_diffusers,
)
from exported import export
from harness import MODEL
from read_bundle import Bundle

LINEAR = ["*attn.*.weight", "*ff*.linear_*.weight"]
NORMS = {"match": "*.norm_*", "keep": True, "reason": "vectors of one head"}


def recipe(name, bits, group, scale, linear=LINEAR, kept=(NORMS,)):
    """Symmetric codes for the linear layers of the blocks."""
    scheme = {"bits": bits, "symmetric": True, "group": group, "scale": scale, "clip": "absmax"}
    return {"format": "mmdit-recipe", "version": 1, "name": name, "summary": "For exchange.",
            "rules": [{"match": match, "scheme": scheme, "reason": "linear layers of blocks"}
                      for match in linear] + list(kept)}


RECIPES = {
    "int8-row-f32": recipe("int8-row-f32", 8, "row", "f32"),
    "int8-row-bf16": recipe("int8-row-bf16", 8, "row", "bf16"),
    "int8-g32-f16": recipe("int8-g32-f16", 8, 32, "f16"),
    "int4-g32-f16": recipe("int4-g32-f16", 4, 32, "f16"),
    "int4-g64-bf16": recipe("int4-g64-bf16", 4, 64, "bf16"),
}
TEXT = recipe("int4-g64-bf16", 4, 64, "bf16", ["*_proj.weight"], ())
# What holds the codes of which bundle.
CARRIED = [
    ("comfyui:int8", "int8-row-f32"), ("comfyui:int8", "int8-row-bf16"),
    ("sdnq:int8", "int8-row-bf16"), ("sdnq:int4", "int4-g64-bf16"),
    ("torchao:int8", "int8-row-bf16"), ("mlx:4bit-g64", "int4-g64-bf16"),
    ("bitsandbytes:int8", "int8-row-bf16"),
    ("gguf:Q8_0", "int8-g32-f16"), ("gguf:Q4_0", "int4-g32-f16"),
]
# Other groups or other bits. LLM.int8 stores 127 times the scale, which float32 holds only of scales
# with 16 bits.
REFUSED = [
    ("comfyui:int8", "int4-g64-bf16"), ("sdnq:int8", "int4-g64-bf16"),
    ("sdnq:int4", "int8-row-f32"), ("torchao:int8", "int4-g64-bf16"),
    ("mlx:4bit-g64", "int8-row-f32"), ("bitsandbytes:int8", "int8-row-f32"),
    ("gguf:Q8_0", "int8-row-f32"), ("gguf:Q4_0", "int4-g64-bf16"),
]


def bundle(judge, name):
    path = judge.folder / f"{name}.mmdit"
    if not path.exists():
        file = judge.folder / f"{name}.json"
        file.write_text(json.dumps(RECIPES[name]))
        judge.quantize(path.name, file)
    return path


def values(path):
    """name → float32, by the reader of bundles that is not ours in Swift."""
    read = Bundle(path)
    result = {name: torch.from_numpy(read.decode(name).copy()) for name in read.tensors}
    return result if read.layout == "diffusers" else to_diffusers(result)


def check_carried(judge, target, name):
    """The row of a target and a bundle whose codes it holds."""
    source = bundle(judge, name)
    path, said = export(judge, target, source, name=f"carried-{name}-{target}".replace(":", "-"))
    if not path.exists():
        return {"target": target, "bundle": name, "values": False}
    runtime = importlib.import_module("judge_" + target.split(":")[0])
    try:
        expected, found = values(source), runtime.load(path, target).values
    except Exception as error:  # whatever the loader raises is its refusal
        judge.check(False, f"{target} of {name}: {runtime.NAME} refuses it: {error}")
        return {"target": target, "bundle": name, "values": False}
    coded = [tensor for tensor, entry in Bundle(source).tensors.items() if "scheme" in entry]
    wrong = [tensor for tensor in expected if not torch.equal(found[tensor], expected[tensor])]
    judge.check(not wrong, f"{target} of {name}: {len(wrong)} of {len(expected)} tensors have other "
                f"values, the first {wrong[:2]}")
    text = json.dumps(said)
    judge.check("carried" in text, f"{target} of {name}: the report says what was carried")
    return {"target": target, "bundle": name, "tensors": len(coded), "values": not wrong}


def check_refused(judge, target, name):
    """Codes that a target cannot hold are refused, and encoded again from the checkpoint."""
    source = bundle(judge, name)
    again = f"again-{name}-{target}".replace(":", "-")
    refused, _ = export(judge, target, source, name=again, exits=64)
    judge.check(not refused.exists(), f"{target} of {name}: nothing is written when it is refused")
    path, _ = export(judge, target, source, "--source", MODEL / "transformer", name=again)
    judge.check(path.exists(), f"{target} of {name}: with --source it is written")


def check_text_encoder(judge, target="compressed-tensors:int4"):
    """The same for a text encoder, which is loaded by transformers."""
    import judge_text_encoders

    (file := judge.folder / "text.json").write_text(json.dumps(TEXT))
    source, _ = judge.quantize("text-int4-g64-bf16.mmdit", file, model=MODEL / "text_encoder")
    path, said = export(judge, target, source, name="carried-text-encoder")
    model = judge_text_encoders.load(path)
    judge_text_encoders.embeddings(model)  # compressed-tensors decodes on the first call
    found, expected = judge_text_encoders.weights(model), Bundle(source)
    coded = [name for name, entry in expected.tensors.items() if "scheme" in entry]
    wrong = [name for name in coded
             if not torch.equal(found[name], torch.from_numpy(expected.decode(name).copy()))]
    judge.check(coded and not wrong, f"{target}: {len(wrong)} of {len(coded)} tensors have other values")
    judge.check("carried" in json.dumps(said), f"{target}: the report says what was carried")
    return {"target": target, "bundle": "text encoder, int4-g64-bf16", "tensors": len(coded),
            "values": not wrong}


def run(judge):
    for target, name in REFUSED:
        check_refused(judge, target, name)
    return [check_carried(judge, target, name) for target, name in CARRIED] + [
        check_text_encoder(judge)]
