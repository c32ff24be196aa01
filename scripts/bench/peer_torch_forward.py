"""Predicts with diffusers' FLUX.2 transformer: once to be warm, then once for each line it is sent.

    peer_torch_forward.py FOLDER SIDE TEXT THREADS KIND

KIND is f32, bf16, or how the linear layers of the blocks are quantized, computed with in bf16: nf4 or
int8 of bitsandbytes, int8-weights or int8-dynamic of torchao. Each time one line of JSON.
"""

import json
import pathlib
import sys
import time

import torch
from diffusers import Flux2Transformer2DModel
from safetensors.torch import load_file


def bitsandbytes_linear(linear, kind):
    import bitsandbytes
    if kind == "nf4":
        made = bitsandbytes.nn.Linear4bit(
            linear.in_features, linear.out_features, bias=False, compute_dtype=torch.bfloat16,
            quant_type="nf4", compress_statistics=False)
        made.weight = bitsandbytes.nn.Params4bit(
            linear.weight.data, requires_grad=False, quant_type="nf4", blocksize=64,
            compress_statistics=False)
    else:
        made = bitsandbytes.nn.Linear8bitLt(
            linear.in_features, linear.out_features, bias=False, has_fp16_weights=False, threshold=0.0)
        made.weight = bitsandbytes.nn.Int8Params(
            linear.weight.data, requires_grad=False, has_fp16_weights=False)
    return made.to("cpu")  # which is when it quantizes


def is_of_block(module, name):
    return isinstance(module, torch.nn.Linear) and "transformer_blocks" in name


def quantize(model, kind):
    if kind.startswith("int8-"):
        import torchao.quantization as torchao
        torchao.quantize_(
            model, {"int8-weights": torchao.Int8WeightOnlyConfig,
                    "int8-dynamic": torchao.Int8DynamicActivationInt8WeightConfig}[kind](), is_of_block)
        return
    for name, module in list(model.named_modules()):
        if is_of_block(module, name):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, bitsandbytes_linear(module, kind))


def load(folder, kind):
    with torch.device("meta"):
        model = Flux2Transformer2DModel.from_config(json.loads((folder / "config.json").read_text()))
    weights = load_file(folder / "diffusion_pytorch_model.safetensors")
    model.load_state_dict(weights, assign=True, strict=True)
    model = model.to(torch.float32 if kind == "f32" else torch.bfloat16).eval()
    if kind not in ("f32", "bf16"):
        quantize(model, kind)
    return model


def peak_bytes():
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main():
    folder, side, text, threads, kind = sys.argv[1:]
    side, text = int(side), int(text)
    torch.set_num_threads(int(threads))
    model = load(pathlib.Path(folder), kind)
    random = torch.Generator().manual_seed(1)
    latents = torch.randn(1, side * side, 128, generator=random).to(model.dtype)
    prompt = torch.randn(1, text, model.config.joint_attention_dim, generator=random).to(model.dtype)
    image_ids = torch.tensor([[[0, row, column, 0] for row in range(side) for column in range(side)]])
    text_ids = torch.tensor([[[0, 0, 0, token] for token in range(text)]])
    while True:
        start, processor = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            velocity = model(
                hidden_states=latents, encoder_hidden_states=prompt, img_ids=image_ids, txt_ids=text_ids,
                timestep=torch.tensor([0.5], dtype=model.dtype), return_dict=False)[0]
        print(json.dumps({
            "seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor,
            "peak_bytes": peak_bytes(), "velocity_norm": float(velocity.float().norm())}), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
