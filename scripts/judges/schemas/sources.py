"""Checkpoints that reports have more to say of than of the fixture: codes, and several components in
one file."""

import json
import pathlib
import sys

import numpy as np

PLACE = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PLACE / name) for name in (".", "precision")]
import harness
from codes import PLAIN, Coded, network, plain, write

TRANSFORMER, ENCODER = "model.diffusion_model.", "text_encoders.qwen3.transformer."


def write_codes(path):
    """A transformer of FP8 codes with what ComfyUI keeps beside them, and of int8 codes."""
    tensors = {"scaled_fp8": ("F8_E4M3", np.zeros(0, "u1"))}
    for name, values in network(0).items():
        if values.ndim == 1 or name in PLAIN:
            tensors[name] = plain(values, "BF16")
            continue
        layer, is_integer = name.removesuffix(".weight"), name.startswith("single_blocks")
        coded = Coded(values, "I8" if is_integer else "F8_E4M3", per_row=is_integer)
        tensors[name] = (coded.dtype, coded.codes)
        tensors[f"{layer}.weight_scale"] = ("F32", coded.scale.reshape(-1))
        if not is_integer:
            tensors[f"{layer}.input_scale"] = ("F32", np.ones(1, "f4"))
    return write(path, tensors)


def write_several(judge, path):
    """Transformer, text encoder and autoencoder in one file, and a tokenizer beside them."""
    tensors = {TRANSFORMER + name: plain(values, "BF16") for name, values in network(0).items()}
    folder = judge.folder / "parts"
    judge.tool("mmdit-convert", harness.MODEL, "--layout", "bfl", "--output", folder)
    for part, prefix in (("text_encoder", ENCODER), ("vae", "first_stage_model.")):
        for name, (dtype, shape, data) in harness.read_safetensors(
                *(folder / part).glob("*.safetensors")).items():
            stored = {"BF16": "<u2", "I64": "<i8"}[dtype]
            tensors[prefix + name] = (dtype, np.frombuffer(data, stored).reshape(shape))
    tokenizer = np.frombuffer(json.dumps({"model": "none"}).encode(), "u1")
    tensors[ENCODER + "tokenizer_json"] = ("U8", tokenizer)
    return write(path, tensors)
