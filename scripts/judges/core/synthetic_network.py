#!/usr/bin/env python3
"""Prints the prediction that SyntheticNetworkTests expects, computed in double precision.

With `--compare FILE`, looks whether every printed line stands in that Swift file instead.

An independent evaluation of the FLUX.2 forward pass with numpy, for weights that a formula gives.
Weights, inputs and the sinusoidal embeddings are rounded to float32 (frequencies correctly), as a
float32 network receives them; everything after that is float64. Made with numpy 2.4.6.
"""
import sys

import numpy as np

D, H, K, M = 32, 2, 16, 96  # width, heads, head size, feed-forward width


def shapes():
    table = {
        "img_in.weight": [D, 8], "txt_in.weight": [D, 24],
        "time_in.in_layer.weight": [D, 256], "time_in.out_layer.weight": [D, D],
        "guidance_in.in_layer.weight": [D, 256], "guidance_in.out_layer.weight": [D, D],
        "double_stream_modulation_img.lin.weight": [6 * D, D],
        "double_stream_modulation_txt.lin.weight": [6 * D, D],
        "single_stream_modulation.lin.weight": [3 * D, D],
        "final_layer.adaLN_modulation.1.weight": [2 * D, D], "final_layer.linear.weight": [8, D],
    }
    for block in range(2):
        for stream in ("img", "txt"):
            name = f"double_blocks.{block}.{stream}"
            table[f"{name}_attn.qkv.weight"] = [3 * D, D]
            table[f"{name}_attn.norm.query_norm.scale"] = [K]
            table[f"{name}_attn.norm.key_norm.scale"] = [K]
            table[f"{name}_attn.proj.weight"] = [D, D]
            table[f"{name}_mlp.0.weight"] = [2 * M, D]
            table[f"{name}_mlp.2.weight"] = [D, M]
        name = f"single_blocks.{block}"
        table[f"{name}.linear1.weight"] = [3 * D + 2 * M, D]
        table[f"{name}.linear2.weight"] = [D, D + M]
        table[f"{name}.norm.query_norm.scale"] = [K]
        table[f"{name}.norm.key_norm.scale"] = [K]
    return table


def float32(values):
    return np.asarray(values).astype("f4").astype("f8")


def make_weights():
    weights = {}
    table = shapes()
    for t, name in enumerate(sorted(table)):
        base = np.sin(0.7 * (np.arange(np.prod(table[name])) + 1) + t)
        values = 1 + 0.1 * base if len(table[name]) == 1 else 0.25 * base
        weights[name] = float32(values).reshape(table[name])
    return weights


W = make_weights()


def linear(name, x):
    return x @ W[f"{name}.weight"].T


def silu(x):
    return x / (1 + np.exp(-x))


def swiglu(x):
    return silu(x[:, :M]) * x[:, M:]


def layer_norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)


def rms_norm(x, scale):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * scale


def embed(name, value):
    f = np.float32
    exponent = f(-np.log(1e4)) * np.arange(128).astype(f) / f(128)
    frequency = np.exp(exponent.astype("f8")).astype(f)
    angle = (f(1000) * f(value) * frequency).astype(f).astype("f8")
    embedding = float32(np.concatenate([np.cos(angle), np.sin(angle)]))
    return linear(f"{name}.out_layer", silu(linear(f"{name}.in_layer", embedding)))


IDS = [(0, 0, 0, l) for l in range(3)] + [(0, r, c, 0) for r in range(2) for c in range(3)]
ANGLES = np.array([[i[a] * 2000 ** (-2 * p / 4) for a in range(4) for p in range(2)] for i in IDS])


def rotate(x):
    y = np.empty_like(x)
    y[..., 0::2] = x[..., 0::2] * np.cos(ANGLES) - x[..., 1::2] * np.sin(ANGLES)
    y[..., 1::2] = x[..., 0::2] * np.sin(ANGLES) + x[..., 1::2] * np.cos(ANGLES)
    return y


def heads(x):
    return x.reshape(-1, H, K).transpose(1, 0, 2)


def normed_heads(projected, name):
    q, k, v = (heads(part) for part in np.split(projected, 3, 1))
    return (rms_norm(q, W[f"{name}.norm.query_norm.scale"]),
            rms_norm(k, W[f"{name}.norm.key_norm.scale"]), v)


def attention(q, k, v):
    scores = rotate(q) @ rotate(k).transpose(0, 2, 1) / np.sqrt(K)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    return (scores @ v).transpose(1, 0, 2).reshape(-1, D)


def predict():
    vector = silu(embed("time_in", 0.7) + embed("guidance_in", 4.0))
    modulation = {
        "img": linear("double_stream_modulation_img.lin", vector).reshape(6, D),
        "txt": linear("double_stream_modulation_txt.lin", vector).reshape(6, D),
    }
    streams = {
        "txt": linear("txt_in", float32(np.cos(0.5 * np.arange(72) + 1)).reshape(3, 24)),
        "img": linear("img_in", float32(np.cos(0.3 * np.arange(48))).reshape(6, 8)),
    }
    for block in range(2):
        parts = []
        for stream in ("txt", "img"):
            name, m = f"double_blocks.{block}.{stream}_attn", modulation[stream]
            normal = layer_norm(streams[stream]) * (1 + m[1]) + m[0]
            parts.append(normed_heads(linear(f"{name}.qkv", normal), name))
        joint = attention(*(np.concatenate(pair, 1) for pair in zip(*parts)))
        for stream, attended in (("txt", joint[:3]), ("img", joint[3:])):
            name, m = f"double_blocks.{block}.{stream}", modulation[stream]
            x = streams[stream] + m[2] * linear(f"{name}_attn.proj", attended)
            normal = layer_norm(x) * (1 + m[4]) + m[3]
            streams[stream] = x + m[5] * linear(
                f"{name}_mlp.2", swiglu(linear(f"{name}_mlp.0", normal)))
    x = np.concatenate([streams["txt"], streams["img"]])
    shift, scale, gate = linear("single_stream_modulation.lin", vector).reshape(3, D)
    for block in range(2):
        name = f"single_blocks.{block}"
        projected = linear(f"{name}.linear1", layer_norm(x) * (1 + scale) + shift)
        attended = attention(*normed_heads(projected[:, :3 * D], name))
        joined = np.concatenate([attended, swiglu(projected[:, 3 * D:])], 1)
        x = x + gate * linear(f"{name}.linear2", joined)
    shift, scale = linear("final_layer.adaLN_modulation.1", vector).reshape(2, D)
    return linear("final_layer.linear", layer_norm(x[3:]) * (1 + scale) + shift)


lines = [", ".join(f"{value:.7f}" for value in row) + "," for row in predict()]
if sys.argv[1:2] == ["--compare"]:
    text = open(sys.argv[2], encoding="utf-8").read()
    missing = [line for line in lines if line not in text]
    if missing:
        sys.exit(f"{sys.argv[2]}: expected these lines, found none such:\n" + "\n".join(missing))
    print(f"{len(lines)} rows of the synthetic network stand in the tests")
else:
    print("\n".join(lines))
