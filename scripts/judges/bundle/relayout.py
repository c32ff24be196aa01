"""Judges bundles in other layouts: what the tools write against the same rows put together in numpy.

The names of the first publication are stated here once more, tensor by tensor.
"""

import json

import numpy as np

from harness import MODEL, RECIPES
from read_bundle import Bundle

PREFIX = "model.diffusion_model."
STREAMS = {
    "img": ("attn.to_q", "attn.to_k", "attn.to_v", "attn.norm_q", "attn.norm_k", "attn.to_out.0",
            "ff"),
    "txt": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj", "attn.norm_added_q",
            "attn.norm_added_k", "attn.to_add_out", "ff_context"),
}


def first_publication(doubles, singles):
    """(name, names of the parts in diffusers' layout) of every tensor, in the order of execution."""
    yield "img_in.weight", ["x_embedder"]
    yield "txt_in.weight", ["context_embedder"]
    for layer, number in (("in", 1), ("out", 2)):
        yield (f"time_in.{layer}_layer.weight",
               [f"time_guidance_embed.timestep_embedder.linear_{number}"])
    for name in ("double_stream_modulation_img", "double_stream_modulation_txt",
                 "single_stream_modulation"):
        yield f"{name}.lin.weight", [f"{name}.linear"]
    for i in range(doubles):
        for stream, names in STREAMS.items():
            q, k, v, norm_q, norm_k, out, feed_forward = (
                f"transformer_blocks.{i}.{name}" for name in names)
            to = f"double_blocks.{i}.{stream}"
            yield f"{to}_attn.qkv.weight", [q, k, v]
            yield f"{to}_attn.norm.query_norm.scale", [norm_q]
            yield f"{to}_attn.norm.key_norm.scale", [norm_k]
            yield f"{to}_attn.proj.weight", [out]
            yield f"{to}_mlp.0.weight", [f"{feed_forward}.linear_in"]
            yield f"{to}_mlp.2.weight", [f"{feed_forward}.linear_out"]
    for i in range(singles):
        to, attention = f"single_blocks.{i}", f"single_transformer_blocks.{i}.attn"
        yield f"{to}.linear1.weight", [f"{attention}.to_qkv_mlp_proj"]
        yield f"{to}.norm.query_norm.scale", [f"{attention}.norm_q"]
        yield f"{to}.norm.key_norm.scale", [f"{attention}.norm_k"]
        yield f"{to}.linear2.weight", [f"{attention}.to_out"]
    yield "final_layer.adaLN_modulation.1.weight", ["norm_out.linear"]
    yield "final_layer.linear.weight", ["proj_out"]


def parts_by_name(bundle):
    """name → names of the parts for the network of a bundle."""
    sizes = bundle.header["architecture"]["configuration"]
    tensors = first_publication(sizes["double_block_count"], sizes["single_block_count"])
    return {name: [f"{part}.weight" for part in parts] for name, parts in tensors}


def rows_of(bundle, name, kind):
    """The bytes of a segment, [rows, bytes of a row]."""
    data = np.frombuffer(bundle.segment(name, kind), np.uint8)
    return data.reshape(bundle.rows(name), bundle.row_bytes(name)[kind])


def put_together(name, arrays):
    """Rows of parts as the first publication has them."""
    joined = np.concatenate(arrays)
    if name.startswith("final_layer.adaLN"):  # shift and scale stand the other way round
        joined = np.concatenate(np.split(joined, 2)[::-1])
    return joined


def check_rows(judge, diffusers, moved, prefix):
    """Rows of codes, scales, zero points and values are those of the parts, one after the other."""
    parts = parts_by_name(diffusers)
    judge.check([prefix + name for name in parts] == list(moved.tensors),
                f"{moved.layout}: names and order")
    used = [part for names in parts.values() for part in names]
    judge.check(sorted(used) == sorted(diffusers.tensors), f"{moved.layout}: every part once")
    for name, names in parts.items():
        found = prefix + name
        for kind in moved.row_bytes(found):
            expected = put_together(name, [rows_of(diffusers, part, kind) for part in names])
            judge.check(np.array_equal(rows_of(moved, found, kind), expected),
                        f"{moved.layout}: {kind} of {found}")
        expected = put_together(name, [diffusers.decode(part) for part in names])
        judge.check(moved.decode(found).tobytes() == expected.tobytes(),
                    f"{moved.layout}: values of {found}")


def check_header(judge, diffusers, moved, layout):
    architecture = diffusers.header["architecture"]
    judge.check(moved.header["architecture"] == architecture | {"layout": layout},
                f"{layout}: architecture")
    for key in ("recipe", "provenance"):
        judge.check(moved.header[key] == diffusers.header[key], f"{layout}: {key} stays")
    blocks = [[block["name"] for block in bundle.header["blocks"]] for bundle in (diffusers, moved)]
    judge.check(blocks[0] == blocks[1], f"{layout}: names of blocks")


def check_ledger(judge, diffusers, moved, report, prefix):
    """The report lists the parts of each tensor with all their rows, and how they are stored."""
    parts = parts_by_name(diffusers)
    component, = report["components"]
    judge.check((component["source_layout"], component["layout"]) == ("diffusers", moved.layout),
                "layouts of the ledger")
    judge.check([entry["name"] for entry in component["ledger"]] == list(moved.tensors),
                "names of the ledger")
    judge.check([source["name"] for source in component["sources"]] == list(diffusers.tensors),
                "sources of the ledger")
    for entry in component["ledger"]:
        names = parts[entry["name"].removeprefix(prefix)]
        sources = list(dict.fromkeys(run["source"] for run in entry["rows"]))
        rows = sum(run["count"] for run in entry["rows"])
        shape = moved.tensors[entry["name"]]["shape"]
        change = "fused" if len(names) > 1 else (
            "swapped" if names == ["norm_out.linear.weight"] else "renamed")
        judge.check((sources, rows, entry["change"], entry["shape"], entry["overflows"])
                    == (names, shape[0], change, shape, 0), f"ledger of {entry['name']}: {entry}")
        judge.check(entry["source_dtypes"] == [entry["dtype"]]
                    and not entry["cast"] and not entry["decoded"], f"types of {entry['name']}")


def check_layouts(judge, recipe, *options):
    """Quantized to a layout and moved to it are the same file, and so there and back."""
    diffusers, _ = judge.quantize("from.mmdit", recipe, *options)
    moved, back = judge.folder / "moved.mmdit", judge.folder / "back.mmdit"
    for option, layout, prefix in (("bfl", "original", ""), ("comfyui", "ComfyUI", PREFIX)):
        what = f"{recipe} {' '.join(options)}: {layout}"
        quantized, _ = judge.quantize("to.mmdit", recipe, "--layout", option, *options)
        report = judge.report(
            "mmdit-convert", diffusers, "--layout", option, "--output", moved)
        judge.tool("mmdit-convert", moved, "--layout", "diffusers", "--output", back)
        judge.check(moved.read_bytes() == quantized.read_bytes(), f"{what}: moved and quantized")
        judge.check(back.read_bytes() == diffusers.read_bytes(), f"{what}: there and back")
        judge.tool("mmdit-bundle", "check", moved)
        source, bundle = Bundle(diffusers), Bundle(moved)
        bundle.check()
        check_header(judge, source, bundle, layout)
        check_rows(judge, source, bundle, prefix)
        check_ledger(judge, source, bundle, report, prefix)


def recipe_of_schemes(bundle, schemes):
    """A scheme for each matrix of the first publication, the same for all parts of one."""
    matrices = [parts for parts in parts_by_name(bundle).values()
                if len(bundle.tensors[parts[0]]["shape"]) == 2]
    rules = [{"match": part, "scheme": schemes[index % len(schemes)], "reason": "alike"}
             for index, parts in enumerate(matrices) for part in parts]
    return {"format": "mmdit-recipe", "version": 1, "name": "alike", "rules": rules}


def check_refusals(judge, mixed_recipe):
    """Parts with different schemes are not fused, options without meaning are not ignored, and a
    damaged source is not passed on."""
    source, _ = judge.quantize("mixed-parts.mmdit", mixed_recipe)
    output = judge.folder / "refused.mmdit"
    fused = "double_blocks.0.img_attn.qkv.weight"
    convert = ["mmdit-convert", source, "--layout", "bfl", "--output"]
    refused = [
        (65, fused, judge.tool(*convert, output, exits=65)),
        (64, fused, judge.tool("mmdit-quantize", MODEL, "--recipe", mixed_recipe, "--layout", "bfl",
                               "--output", output, exits=64)),
        (64, "--dtype", judge.tool(*convert, output, "--dtype", "bf16", exits=64)),
        (64, "--max-shard-size", judge.tool(*convert, output, "--max-shard-size", "1GB", exits=64)),
        (64, "--resume", judge.tool(*convert, output, "--resume", exits=64)),
        (64, ".mmdit", judge.tool(*convert, judge.folder / "refused.safetensors", exits=64)),
    ]
    whole, _ = judge.quantize("whole.mmdit", "int8")
    data, bundle = whole.read_bytes(), Bundle(whole)
    broken = judge.folder / "broken.mmdit"
    for name in ("transformer_blocks.0.attn.to_k.weight", "norm_out.linear.weight"):
        for kind, _, offset, _ in bundle.runs(name):
            broken.write_bytes(data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1:])
            refused.append((65, name, judge.tool(
                "mmdit-convert", broken, "--layout", "bfl", "--output", output, exits=65)))
    for code, word, process in refused:
        judge.check(process.returncode == code and word in process.stderr,
                    f"refused for {word}: {process.stderr.strip()}")
    judge.check(not list(judge.folder.glob("refused*")), "nothing is written where it is refused")


def judge_layouts(judge, schemes, mixed_recipe):
    """`schemes` are given to the matrices in turn; `mixed_recipe` treats parts differently."""
    for recipe in (*RECIPES, "keep"):
        check_layouts(judge, recipe)
    check_layouts(judge, "int4-g64", "--compress")
    alike = judge.folder / "alike.json"
    bundle = Bundle(judge.quantize("any.mmdit", "int8")[0])
    document = recipe_of_schemes(bundle, schemes)
    judge.check(all(any(rule["scheme"] == scheme for rule in document["rules"])
                    for scheme in schemes), f"all {len(schemes)} schemes in another layout")
    alike.write_text(json.dumps(document))
    check_layouts(judge, alike)
    check_layouts(judge, alike, "--compress")
    check_refusals(judge, mixed_recipe)
