"""What stable-diffusion.cpp needs beside a transformer, in the sizes that its loader demands.

Its text encoder for FLUX.2 [klein] has heads of 128 numbers and Qwen's tokenizer compiled in, its
autoencoder has the widths of the published one; those of the fixture are smaller. So the text
encoder here has layers that add nothing, which makes every token's embedding the same known vector
whatever the tokenizer does, and the autoencoder decodes to black: its pictures are not looked at.
"""

import torch
from safetensors.torch import save_file

WIDTH, LAYERS, TOKENS, HEADS, GROUPS, HEAD = 128, 28, 151936, 16, 8, 128


def embedding(width=WIDTH):
    """The hidden state of every token at every layer, [width]."""
    return torch.randn(width, generator=torch.Generator().manual_seed(7)).half().float()


def write_encoder(path, width=WIDTH):
    def zeros(rows, columns):
        return torch.zeros(rows, columns, dtype=torch.float16)

    tensors = {"model.embed_tokens.weight": embedding(width).half().repeat(TOKENS, 1),
               "model.norm.weight": torch.ones(width)}
    for layer in range(LAYERS):
        matrices = {"self_attn.q_proj": (HEADS * HEAD, width), "self_attn.k_proj": (GROUPS * HEAD, width),
                    "self_attn.v_proj": (GROUPS * HEAD, width), "self_attn.o_proj": (width, HEADS * HEAD),
                    "mlp.gate_proj": (32, width), "mlp.up_proj": (32, width), "mlp.down_proj": (width, 32)}
        vectors = {"self_attn.q_norm": HEAD, "self_attn.k_norm": HEAD, "input_layernorm": width,
                   "post_attention_layernorm": width}
        name = f"model.layers.{layer}"
        tensors |= {f"{name}.{key}.weight": zeros(*shape) for key, shape in matrices.items()}
        tensors |= {f"{name}.{key}.weight": torch.ones(size) for key, size in vectors.items()}
    save_file(tensors, path)


def write_autoencoder(path):
    """A tiny autoencoder of zeros; which of its layers are blocks follows from their numbers."""
    tensors = {}

    def convolution(name, outputs, inputs, size=3, bias=True):
        tensors[f"{name}.weight"] = torch.zeros(outputs, inputs, size, size, dtype=torch.float16)
        if bias:
            tensors[f"{name}.bias"] = torch.zeros(outputs)

    def block(name, has_pool):
        for index in (0, 2, 4):
            convolution(f"{name}.conv.{index}", 64, 64)
        if has_pool:
            convolution(f"{name}.pool.0", 256, 64, 1, bias=False)
            tensors.update({f"{name}.pool.1.{kind}": torch.zeros(256) for kind in ("weight", "bias")})
            convolution(f"{name}.pool.3", 64, 256, 1, bias=False)

    # (part, first, last, convolutions, blocks, blocks with a pool)
    for part, first, last, plain, blocks, pooled in (
            ("decoder", (64, 32), (18, 3, 64), (6, 11, 16), (7, 8, 9, 12, 13, 14, 17), (2, 3, 4)),
            ("encoder", (64, 3), (14, 32, 64), (2, 6, 10), (1, 3, 4, 5, 7, 8, 9), (11, 12, 13))):
        convolution(f"{part}.layers.0", *first)
        convolution(f"{part}.layers.{last[0]}", *last[1:])
        for index in plain:
            convolution(f"{part}.layers.{index}", 64, 64, bias=False)
        for index in blocks + pooled:
            block(f"{part}.layers.{index}", index in pooled)
    save_file(tensors, path)
