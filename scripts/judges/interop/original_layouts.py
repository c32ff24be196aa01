"""The layouts of the reference implementations, made from diffusers' tensors.

The inverse of diffusers' own converters, which go only the other way. Nothing here is taken from
them: that they give back what we began with is what shows both to be right.
"""

import re

import torch



def fused(tensors, names):
    """Takes the named tensors out and puts their rows one after the other."""
    return torch.cat([tensors.pop(name) for name in names])


def halves_swapped(tensor):
    """diffusers has the scale before the shift, the references the shift before the scale."""
    first, second = tensor.chunk(2)
    return torch.cat([second, first])


def renamed(tensors, rules):
    """Every name after the first rule whose pattern it begins with; a name without one is an error."""
    result = {}
    for name, tensor in tensors.items():
        for pattern, replacement in rules:
            new, count = re.subn("^" + pattern, replacement, name)
            if count:
                break
        else:
            raise KeyError(f"no rule for {name}")
        if new in result:
            raise KeyError(f"{name} and another become {new}")
        result[new] = tensor
    return result


def blocks_of(tensors, prefix):
    return sorted({int(name.split(".")[1]) for name in tensors if name.startswith(prefix + ".")})


def fuse_double_attention(tensors, result, target="double_blocks"):
    """The queries, keys and values of both streams, weights and, where there are any, biases."""
    for block in blocks_of(tensors, "transformer_blocks"):
        attention = f"transformer_blocks.{block}.attn"
        for stream, linears in (("img", ("to_q", "to_k", "to_v")),
                                ("txt", ("add_q_proj", "add_k_proj", "add_v_proj"))):
            for kind in ("weight", "bias"):
                names = [f"{attention}.{linear}.{kind}" for linear in linears]
                if names[0] in tensors:
                    result[f"{target}.{block}.{stream}_attn.qkv.{kind}"] = fused(tensors, names)


FLUX2_RULES = [
    (r"x_embedder\.", "img_in."),
    (r"context_embedder\.", "txt_in."),
    (r"time_guidance_embed\.timestep_embedder\.linear_1\.", "time_in.in_layer."),
    (r"time_guidance_embed\.timestep_embedder\.linear_2\.", "time_in.out_layer."),
    (r"time_guidance_embed\.guidance_embedder\.linear_1\.", "guidance_in.in_layer."),
    (r"time_guidance_embed\.guidance_embedder\.linear_2\.", "guidance_in.out_layer."),
    (r"(double_stream_modulation_(?:img|txt)|single_stream_modulation)\.linear\.", r"\1.lin."),
    (r"transformer_blocks\.(\d+)\.attn\.norm_q\.weight", r"double_blocks.\1.img_attn.norm.query_norm.scale"),
    (r"transformer_blocks\.(\d+)\.attn\.norm_k\.weight", r"double_blocks.\1.img_attn.norm.key_norm.scale"),
    (r"transformer_blocks\.(\d+)\.attn\.norm_added_q\.weight", r"double_blocks.\1.txt_attn.norm.query_norm.scale"),
    (r"transformer_blocks\.(\d+)\.attn\.norm_added_k\.weight", r"double_blocks.\1.txt_attn.norm.key_norm.scale"),
    (r"transformer_blocks\.(\d+)\.attn\.to_out\.0\.", r"double_blocks.\1.img_attn.proj."),
    (r"transformer_blocks\.(\d+)\.attn\.to_add_out\.", r"double_blocks.\1.txt_attn.proj."),
    (r"transformer_blocks\.(\d+)\.ff\.linear_in\.", r"double_blocks.\1.img_mlp.0."),
    (r"transformer_blocks\.(\d+)\.ff\.linear_out\.", r"double_blocks.\1.img_mlp.2."),
    (r"transformer_blocks\.(\d+)\.ff_context\.linear_in\.", r"double_blocks.\1.txt_mlp.0."),
    (r"transformer_blocks\.(\d+)\.ff_context\.linear_out\.", r"double_blocks.\1.txt_mlp.2."),
    (r"single_transformer_blocks\.(\d+)\.attn\.to_qkv_mlp_proj\.", r"single_blocks.\1.linear1."),
    (r"single_transformer_blocks\.(\d+)\.attn\.to_out\.", r"single_blocks.\1.linear2."),
    (r"single_transformer_blocks\.(\d+)\.attn\.norm_q\.weight", r"single_blocks.\1.norm.query_norm.scale"),
    (r"single_transformer_blocks\.(\d+)\.attn\.norm_k\.weight", r"single_blocks.\1.norm.key_norm.scale"),
    (r"proj_out\.", "final_layer.linear."),
]


def flux2(tensors):
    """FLUX.2 as BFL writes it."""
    tensors, result = dict(tensors), {}
    fuse_double_attention(tensors, result)
    result["final_layer.adaLN_modulation.1.weight"] = halves_swapped(
        tensors.pop("norm_out.linear.weight"))
    return result | renamed(tensors, FLUX2_RULES)


FLUX1_RULES = [
    (r"x_embedder\.", "img_in."),
    (r"context_embedder\.", "txt_in."),
    (r"time_text_embed\.timestep_embedder\.linear_1\.", "time_in.in_layer."),
    (r"time_text_embed\.timestep_embedder\.linear_2\.", "time_in.out_layer."),
    (r"time_text_embed\.text_embedder\.linear_1\.", "vector_in.in_layer."),
    (r"time_text_embed\.text_embedder\.linear_2\.", "vector_in.out_layer."),
    (r"time_text_embed\.guidance_embedder\.linear_1\.", "guidance_in.in_layer."),
    (r"time_text_embed\.guidance_embedder\.linear_2\.", "guidance_in.out_layer."),
    (r"transformer_blocks\.(\d+)\.norm1\.linear\.", r"double_blocks.\1.img_mod.lin."),
    (r"transformer_blocks\.(\d+)\.norm1_context\.linear\.", r"double_blocks.\1.txt_mod.lin."),
    *(rule for rule in FLUX2_RULES if r"\.attn\." in rule[0] and rule[0].startswith("transformer")),
    (r"transformer_blocks\.(\d+)\.ff\.net\.0\.proj\.", r"double_blocks.\1.img_mlp.0."),
    (r"transformer_blocks\.(\d+)\.ff\.net\.2\.", r"double_blocks.\1.img_mlp.2."),
    (r"transformer_blocks\.(\d+)\.ff_context\.net\.0\.proj\.", r"double_blocks.\1.txt_mlp.0."),
    (r"transformer_blocks\.(\d+)\.ff_context\.net\.2\.", r"double_blocks.\1.txt_mlp.2."),
    (r"single_transformer_blocks\.(\d+)\.norm\.linear\.", r"single_blocks.\1.modulation.lin."),
    (r"single_transformer_blocks\.(\d+)\.proj_out\.", r"single_blocks.\1.linear2."),
    (r"single_transformer_blocks\.(\d+)\.attn\.norm_q\.weight", r"single_blocks.\1.norm.query_norm.scale"),
    (r"single_transformer_blocks\.(\d+)\.attn\.norm_k\.weight", r"single_blocks.\1.norm.key_norm.scale"),
    (r"proj_out\.", "final_layer.linear."),
]


def flux1(tensors):
    """FLUX.1 as BFL writes it."""
    tensors, result = dict(tensors), {}
    fuse_double_attention(tensors, result)
    for block in blocks_of(tensors, "single_transformer_blocks"):
        name = f"single_transformer_blocks.{block}"
        for kind in ("weight", "bias"):
            result[f"single_blocks.{block}.linear1.{kind}"] = fused(tensors, [
                f"{name}.{linear}.{kind}"
                for linear in ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")])
    for kind in ("weight", "bias"):
        result[f"final_layer.adaLN_modulation.1.{kind}"] = halves_swapped(
            tensors.pop(f"norm_out.linear.{kind}"))
    return result | renamed(tensors, FLUX1_RULES)


SD3_RULES = [
    (r"pos_embed\.pos_embed$", "pos_embed"),
    (r"pos_embed\.proj\.", "x_embedder.proj."),
    (r"time_text_embed\.timestep_embedder\.linear_1\.", "t_embedder.mlp.0."),
    (r"time_text_embed\.timestep_embedder\.linear_2\.", "t_embedder.mlp.2."),
    (r"time_text_embed\.text_embedder\.linear_1\.", "y_embedder.mlp.0."),
    (r"time_text_embed\.text_embedder\.linear_2\.", "y_embedder.mlp.2."),
    (r"context_embedder\.", "context_embedder."),
    (r"transformer_blocks\.(\d+)\.attn(2?)\.norm_q\.", r"joint_blocks.\1.x_block.attn\2.ln_q."),
    (r"transformer_blocks\.(\d+)\.attn(2?)\.norm_k\.", r"joint_blocks.\1.x_block.attn\2.ln_k."),
    (r"transformer_blocks\.(\d+)\.attn\.norm_added_q\.", r"joint_blocks.\1.context_block.attn.ln_q."),
    (r"transformer_blocks\.(\d+)\.attn\.norm_added_k\.", r"joint_blocks.\1.context_block.attn.ln_k."),
    (r"transformer_blocks\.(\d+)\.attn(2?)\.to_out\.0\.", r"joint_blocks.\1.x_block.attn\2.proj."),
    (r"transformer_blocks\.(\d+)\.attn\.to_add_out\.", r"joint_blocks.\1.context_block.attn.proj."),
    (r"transformer_blocks\.(\d+)\.norm1\.linear\.", r"joint_blocks.\1.x_block.adaLN_modulation.1."),
    (r"transformer_blocks\.(\d+)\.norm1_context\.linear\.", r"joint_blocks.\1.context_block.adaLN_modulation.1."),
    (r"transformer_blocks\.(\d+)\.ff\.net\.0\.proj\.", r"joint_blocks.\1.x_block.mlp.fc1."),
    (r"transformer_blocks\.(\d+)\.ff\.net\.2\.", r"joint_blocks.\1.x_block.mlp.fc2."),
    (r"transformer_blocks\.(\d+)\.ff_context\.net\.0\.proj\.", r"joint_blocks.\1.context_block.mlp.fc1."),
    (r"transformer_blocks\.(\d+)\.ff_context\.net\.2\.", r"joint_blocks.\1.context_block.mlp.fc2."),
    (r"proj_out\.", "final_layer.linear."),
]


def sd3(tensors):
    """SD3 and SD3.5 as Stability AI writes them, without the prefix."""
    tensors, result = dict(tensors), {}
    blocks = blocks_of(tensors, "transformer_blocks")
    for block in blocks:
        source, target = f"transformer_blocks.{block}", f"joint_blocks.{block}"
        for kind in ("weight", "bias"):
            for part, attention, linears in (
                    ("x_block.attn", "attn", ("to_q", "to_k", "to_v")),
                    ("x_block.attn2", "attn2", ("to_q", "to_k", "to_v")),
                    ("context_block.attn", "attn", ("add_q_proj", "add_k_proj", "add_v_proj"))):
                names = [f"{source}.{attention}.{linear}.{kind}" for linear in linears]
                if names[0] in tensors:
                    result[f"{target}.{part}.qkv.{kind}"] = fused(tensors, names)
    # In the last block the text only takes part in the attention: its norm is a final one.
    for kind in ("weight", "bias"):
        last = f"{blocks[-1]}.norm1_context.linear.{kind}"
        result[f"joint_blocks.{blocks[-1]}.context_block.adaLN_modulation.1.{kind}"] = \
            halves_swapped(tensors.pop(f"transformer_blocks.{last}"))
        result[f"final_layer.adaLN_modulation.1.{kind}"] = halves_swapped(
            tensors.pop(f"norm_out.linear.{kind}"))
    return result | renamed(tensors, SD3_RULES)


def autoencoder(tensors):
    """Autoencoders in the layout of latent diffusion, which BFL and Stability AI use."""
    levels = 1 + max(int(name.split(".")[2]) for name in tensors if ".up_blocks." in name)
    result = {}
    for name, tensor in tensors.items():
        parts = name.split(".")
        if parts[0] in ("quant_conv", "post_quant_conv"):
            parts.insert(0, {"quant_conv": "encoder", "post_quant_conv": "decoder"}[parts[0]])
        elif parts[1] in ("down_blocks", "up_blocks"):
            level = int(parts[2]) if parts[1] == "down_blocks" else levels - 1 - int(parts[2])
            place, rest = (["block", parts[4]], parts[5:]) if parts[3] == "resnets" else (
                [{"downsamplers": "downsample", "upsamplers": "upsample"}[parts[3]]], parts[5:])
            rest = ["nin_shortcut" if part == "conv_shortcut" else part for part in rest]
            parts = [parts[0], parts[1].removesuffix("_blocks"), str(level), *place, *rest]
        elif parts[1] == "mid_block" and parts[2] == "resnets":
            parts = [parts[0], "mid", f"block_{int(parts[3]) + 1}", *parts[4:]]
        elif parts[1] == "mid_block":
            layer = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v",
                     "to_out": "proj_out"}[parts[4]]
            parts = [parts[0], "mid", "attn_1", layer, parts[-1]]
            if layer != "norm" and tensor.ndim == 2:
                tensor = tensor[:, :, None, None]  # a convolution of one pixel
        elif parts[1] == "conv_norm_out":
            parts[1] = "norm_out"
        result[".".join(parts)] = tensor
    return result
