"""Files of safetensors as save_pretrained names them, with random weights or with holes."""

import json
import math
import struct

from .values import BYTES_PER_ELEMENT

STEMS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}


def byte_count(shape, width):
    return width * math.prod(shape)


def total_bytes(component, dtype):
    width = BYTES_PER_ELEMENT[dtype]
    return sum(byte_count(shape, 8 if name in component.integers else width)
               for name, shape in component.tensors.items())


def write_folder(folder, component, dtype, values, shard_bytes):
    """config.json and the weights, in as many files as they need."""
    folder.mkdir(parents=True, exist_ok=True)
    config = dict(component.config)
    if "dtype" in config:
        config["dtype"] = {"bf16": "bfloat16", "f16": "float16", "f32": "float32"}[dtype]
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    width, shards, size = BYTES_PER_ELEMENT[dtype], [{}], 0
    for name, shape in component.tensors.items():
        size += byte_count(shape, width)
        if size > shard_bytes and shards[-1]:
            shards.append({})
            size = byte_count(shape, width)
        shards[-1][name] = shape
    stem = STEMS[component.package]
    if len(shards) == 1:
        write_file(folder / f"{stem}.safetensors", shards[0], component.integers, dtype, values)
        return
    index = {}
    for number, shard in enumerate(shards, 1):
        name = f"{stem}-{number:05}-of-{len(shards):05}.safetensors"
        write_file(folder / name, shard, component.integers, dtype, values)
        index |= dict.fromkeys(shard, name)
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(
        {"metadata": {"total_size": total_bytes(component, dtype)}, "weight_map": index},
        indent=2, sort_keys=True) + "\n")


def write_file(path, shapes, integers, dtype, values):
    """One file; without values its data are a hole, which takes no room on the disk."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    # Larger elements first, as the package writes them.
    names = sorted(shapes, key=lambda name: name not in integers)
    for name in names:
        width, kind = (8, "I64") if name in integers else (BYTES_PER_ELEMENT[dtype], dtype.upper())
        begin, end = end, end + byte_count(shapes[name], width)
        header[name] = {"dtype": kind, "shape": shapes[name], "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if values is None:
            file.truncate(8 + len(text) + end)
            return
        for name in names:
            if name in integers:
                file.write(bytes(byte_count(shapes[name], 8)))
            else:
                values.write(file, shapes[name])
