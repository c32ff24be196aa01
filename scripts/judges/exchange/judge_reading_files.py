"""Small checkpoints that the programs themselves quantize and save, and what they read of them.

Every function yields (what it is called, its path, name → the program's own values).
"""

import contextlib
import json
import logging
import os
import warnings

os.environ.setdefault("TQDM_DISABLE", "1")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import torch
import transformers
from diffusers import Flux2Transformer2DModel
from diffusers.quantizers.bitsandbytes import bnb_quantizer
from safetensors.torch import load_file, save_file

FLUX2 = {
    "num_attention_heads": 4, "attention_head_dim": 32, "axes_dims_rope": (8, 8, 8, 8),
    "num_layers": 1, "num_single_layers": 1, "joint_attention_dim": 192, "in_channels": 64,
    "guidance_embeds": False,
}
QWEN3 = {
    "hidden_size": 128, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 128, "vocab_size": 96, "max_position_embeddings": 64,
    "max_window_layers": 2, "bos_token_id": 1, "eos_token_id": 2, "rope_theta": 1000000,
    "rms_norm_eps": 1e-6, "tie_word_embeddings": False,
}


def fill(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def transformer(dtype=torch.bfloat16, seed=1):
    return fill(Flux2Transformer2DModel(**FLUX2).to(dtype), seed)


def text_encoder(seed=2):
    model = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**QWEN3)).to(torch.bfloat16)
    return fill(model, seed)


def plain_values(model):
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


@contextlib.contextmanager
def without_accelerator():
    """diffusers quantizes by bitsandbytes where there is an accelerator; its CPU code works, too."""
    kinds = (bnb_quantizer.BnB4BitDiffusersQuantizer, bnb_quantizer.BnB8BitDiffusersQuantizer)
    kept = [(kind, kind.validate_environment, kind.update_device_map) for kind in kinds]
    for kind in kinds:
        kind.validate_environment = lambda self, *args, **options: None
        kind.update_device_map = lambda self, device_map: {"": "cpu"}
    try:
        yield
    finally:
        for kind, validate, update in kept:
            kind.validate_environment, kind.update_device_map = validate, update


def by_diffusers(base, folder, configuration, dtype=torch.bfloat16, **saving):
    """Quantizes the plain folder while loading it, saves it, and loads that as `dtype`."""
    model = Flux2Transformer2DModel.from_pretrained(
        base, quantization_config=configuration, torch_dtype=torch.bfloat16)
    model.save_pretrained(folder, **saving)
    return Flux2Transformer2DModel.from_pretrained(folder, torch_dtype=dtype)


def bitsandbytes(folder, base):
    import bitsandbytes.functional as functional
    from diffusers import BitsAndBytesConfig

    compute = {"bnb_4bit_compute_dtype": torch.bfloat16}
    kinds = {
        "bitsandbytes NF4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4") | compute,
        "bitsandbytes NF4, double": dict(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True) | compute,
        "bitsandbytes FP4": dict(load_in_4bit=True, bnb_4bit_quant_type="fp4") | compute,
        "bitsandbytes NF4 in part": dict(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", llm_int8_skip_modules=["proj_out"])
        | compute,
        "bitsandbytes LLM.int8": dict(load_in_8bit=True),
    }
    with without_accelerator():
        for index, (what, options) in enumerate(kinds.items()):
            path = folder / f"bitsandbytes-{index}"
            model = by_diffusers(base, path, BitsAndBytesConfig(**options))
            values = {}
            for name, parameter in model.named_parameters():
                if getattr(parameter, "quant_state", None) is not None:
                    values[name] = functional.dequantize_4bit(
                        parameter.data, parameter.quant_state)
                elif getattr(parameter, "SCB", None) is not None:
                    values[name] = functional.int8_vectorwise_dequant(parameter.CB, parameter.SCB)
                else:
                    values[name] = parameter.data
            yield what, path, values


def torchao(folder, base):
    import torchao.quantization as quantization
    from diffusers import TorchAoConfig
    from torchao.quantization.granularity import PerGroup

    kinds = {
        "torchao int8": quantization.Int8WeightOnlyConfig(version=2),
        "torchao int8 groups": quantization.Int8WeightOnlyConfig(
            version=2, granularity=PerGroup(64)),
        "torchao int8 W8A8": quantization.Int8DynamicActivationInt8WeightConfig(version=2),
        "torchao FP8": quantization.Float8WeightOnlyConfig(version=2),
    }
    for index, (what, kind) in enumerate(kinds.items()):
        path = folder / f"torchao-{index}"
        model = by_diffusers(base, path, TorchAoConfig(kind), safe_serialization=True)
        yield what, path, {
            name: parameter.dequantize() if hasattr(parameter, "qdata") else parameter.data
            for name, parameter in model.named_parameters()}


def sdnq(folder, base):
    from sdnq import SDNQConfig
    from sdnq.dequantizer import dequantize_sdnq_model

    kinds = {
        "SDNQ int8": dict(weights_dtype="int8"),
        "SDNQ int8 groups": dict(weights_dtype="int8", group_size=64),
        "SDNQ int8 + SVD": dict(weights_dtype="int8", use_svd=True, svd_rank=8),
        "SDNQ int4": dict(weights_dtype="int4", group_size=64),
        "SDNQ int4 rows": dict(weights_dtype="int4", group_size=-1),
        "SDNQ uint4": dict(weights_dtype="uint4", group_size=64),
        "SDNQ uint4 + SVD": dict(weights_dtype="uint4", group_size=64, use_svd=True, svd_rank=8),
        "SDNQ FP8": dict(weights_dtype="float8_e4m3fn"),
    }
    for index, (what, options) in enumerate(kinds.items()):
        path = folder / f"sdnq-{index}"
        # As bfloat16 it would round the scales as well.
        model = by_diffusers(base, path, SDNQConfig(**options), torch.float32)
        yield what, path, plain_values(dequantize_sdnq_model(model))


def compressed_tensors(folder):
    from compressed_tensors.compressors import ModelCompressor
    from compressed_tensors.quantization import (
        QuantizationArgs, QuantizationConfig, QuantizationScheme, apply_quantization_config)

    kinds = {
        "compressed-tensors pack-quantized": ("pack-quantized", dict(
            num_bits=4, type="int", strategy="group", group_size=64)),
        "compressed-tensors pack-quantized rows": ("pack-quantized", dict(
            num_bits=4, type="int", strategy="channel")),
        "compressed-tensors int-quantized": ("int-quantized", dict(
            num_bits=8, type="int", strategy="channel")),
        "compressed-tensors int8 groups": ("naive-quantized", dict(
            num_bits=8, type="int", strategy="group", group_size=64)),
        "compressed-tensors float-quantized": ("float-quantized", dict(
            num_bits=8, type="float", strategy="channel")),
        "compressed-tensors FP8": ("float-quantized", dict(
            num_bits=8, type="float", strategy="tensor")),
    }
    for index, (what, (form, arguments)) in enumerate(kinds.items()):
        path = folder / f"compressed-tensors-{index}"
        model = text_encoder()
        scheme = QuantizationScheme(
            targets=["Linear"], weights=QuantizationArgs(symmetric=True, **arguments), format=form)
        apply_quantization_config(model, QuantizationConfig(
            config_groups={"group_0": scheme}, ignore=["lm_head"], format=form,
            quantization_status="frozen"))
        largest = 448 if arguments["type"] == "float" else 2 ** (arguments["num_bits"] - 1) - 1
        for module in model.modules():
            if hasattr(module, "weight_scale"):
                scale, weight = module.weight_scale, module.weight.detach().float()
                groups = 1 if scale.ndim < 2 else scale.shape[1]
                rows = 1 if scale.ndim < 2 else scale.shape[0]
                maxima = weight.reshape(rows, groups, -1).abs().amax(-1) / largest
                scale.data = maxima.reshape(scale.shape).to(scale.dtype)
        compressor = ModelCompressor.from_pretrained_model(model)
        compressor.compress_model(model)
        model.save_pretrained(path)
        compressor.update_config(path)
        read = transformers.Qwen3ForCausalLM.from_pretrained(
            path, dtype=torch.bfloat16,
            quantization_config=transformers.utils.quantization_config.CompressedTensorsConfig(
                run_compressed=False))
        yield what, path, {name: tensor for name, tensor in plain_values(read).items()
                           if not name.endswith("_scale")}


def mlx(folder):
    """What mlx-lm and mflux save: one width for all matrices, named in a document or in metadata."""
    import mlx.core as mx

    def numbers(tensor):
        return mx.array(tensor.float().numpy()).astype(mx.bfloat16)

    def torch_values(array):
        import numpy
        return torch.from_numpy(numpy.array(array))

    def quantized(model, bits, group_size, rename=lambda name: name):
        stored, values = {}, {}
        for name, tensor in plain_values(model).items():
            if tensor.ndim < 2:
                stored[rename(name)], values[name] = numbers(tensor), tensor
                continue
            codes, scales, biases = mx.quantize(numbers(tensor), group_size=group_size, bits=bits)
            layer = rename(name).removesuffix(".weight")
            stored |= {f"{layer}.weight": codes, f"{layer}.scales": scales,
                       f"{layer}.biases": biases}
            # In bfloat16 MLX would round the product as well as the sum.
            values[name] = torch_values(
                mx.dequantize(codes, scales.astype(mx.float32), biases.astype(mx.float32),
                              group_size=group_size, bits=bits))
        return stored, values

    for bits, group_size in [(2, 32), (3, 32), (4, 32), (4, 64), (5, 64), (6, 32), (8, 64)]:
        path = folder / f"mlx-{bits}-{group_size}"
        path.mkdir()
        stored, values = quantized(text_encoder(), bits, group_size)
        mx.save_safetensors(str(path / "model.safetensors"), stored, {"format": "mlx"})
        configuration = transformers.Qwen3Config(**QWEN3).to_dict()
        configuration |= {"architectures": ["Qwen3ForCausalLM"],
                          "quantization": {"group_size": group_size, "bits": bits}}
        (path / "config.json").write_text(json.dumps(configuration))
        yield f"MLX {bits} bits in groups of {group_size}", path, values

    def mflux_name(name):
        if name.startswith("transformer_blocks"):
            name = name.replace(".to_out.0.", ".to_out.")
        return name.replace("time_guidance_embed.timestep_embedder", "time_guidance_embed")

    for bits in (4, 8):
        path = folder / f"mflux-{bits}"
        path.mkdir()
        stored, values = quantized(transformer(), bits, 64, mflux_name)
        metadata = {"quantization_level": str(bits), "mflux_version": "0.11.0"}
        names = list(stored)
        shards = {f"{index}.safetensors": names[index::2] for index in range(2)}
        for shard, members in shards.items():
            mx.save_safetensors(
                str(path / shard), {name: stored[name] for name in members}, metadata)
        (path / "model.safetensors.index.json").write_text(json.dumps({
            "metadata": metadata,
            "weight_map": {name: shard for shard, members in shards.items() for name in members}}))
        yield f"mflux {bits} bits", path, values


def single_files(folder, base):
    """Files under BFL's names, as ComfyUI's kernels and diffusers' BFLQuantizationConfig store them."""
    import comfy_kitchen
    from diffusers.quantizers.bfl import utils as bfl

    def comfy_nvfp4(tensor):
        second = (tensor.float().abs().max() / (448 * 6)).reshape(())
        codes, scales = comfy_kitchen.quantize_nvfp4(tensor, second)
        # In bfloat16 it would round the product of the scales as well.
        values = comfy_kitchen.dequantize_nvfp4(codes, second, scales, output_type=torch.float32)
        return values, codes, {"weight_scale": scales, "weight_scale_2": second}

    def comfy_mxfp8(tensor):
        codes, scales = comfy_kitchen.quantize_mxfp8(tensor)
        return comfy_kitchen.dequantize_mxfp8(codes, scales, torch.bfloat16), codes, {
            "weight_scale": scales}

    def bfl_nvfp4(tensor):
        codes, scales, second = bfl.quantize_nvfp4(tensor)
        return bfl.dequantize_nvfp4(codes, scales, second), codes, {
            "weight_scale": scales, "weight_scale_2": second,
            "input_scale": torch.tensor(0.25)}

    def bfl_fp8(tensor):
        codes, scales = bfl.quantize_fp8r(tensor)
        return bfl.dequantize_fp8r(codes, scales), codes, {"weight_scale": scales}

    kinds = {"ComfyUI nvfp4": (comfy_nvfp4, "nvfp4"), "ComfyUI mxfp8": (comfy_mxfp8, "mxfp8"),
             "BFL nvfp4": (bfl_nvfp4, None), "BFL fp8r": (bfl_fp8, None)}
    for index, (what, (quantize, marker)) in enumerate(kinds.items()):
        for where in (["tensors", "header"] if marker else ["tensors"]):
            stored, values, layers = {}, {}, {}
            for name, tensor in load_file(base).items():
                if tensor.ndim < 2:
                    stored[name] = values[name] = tensor
                    continue
                layer = name.removesuffix(".weight")
                values[name], stored[name], beside = quantize(tensor)
                stored |= {f"{layer}.{ending}": part for ending, part in beside.items()}
                if marker and where == "tensors":
                    text = json.dumps({"format": marker}).encode()
                    stored[f"{layer}.comfy_quant"] = torch.tensor(list(text), dtype=torch.uint8)
                layers[layer] = {"format": marker}
            path = folder / f"single-{index}-{where}.safetensors"
            header = {"_quantization_metadata": json.dumps({"layers": layers})}
            save_file({name: tensor.contiguous() for name, tensor in stored.items()}, path,
                      header if where == "header" else None)
            yield f"{what}, marked in {where}" if marker else what, path, values


def every_folder(folder, base):
    yield from bitsandbytes(folder, base)
    yield from torchao(folder, base)
    yield from sdnq(folder, base)
    yield from compressed_tensors(folder)
    yield from mlx(folder)
