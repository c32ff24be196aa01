"""Judges mmdit-convert by diffusers: its models, its files, its own conversion from BFL's layout.

    judge_interop.py FOLDER_WITH_THE_TOOLS

diffusers makes models of random bits and saves them; what we make of the files is given back to it.
Tensors are compared by their bits everywhere: NaNs, signed zeros and subnormals are among them.
"""

import copy
import json
import math
import os
import pathlib
import sys

# Before diffusers is imported: nothing is fetched, and progress is no result.
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1")

import torch
from diffusers import Flux2Transformer2DModel
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers as convert_by_diffusers,
)
from diffusers.utils import logging
from safetensors.torch import load_file, safe_open

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from harness import MODEL, read_safetensors

logging.set_verbosity_error()
logging.disable_progress_bar()

PREFIX = "model.diffusion_model."
WEIGHTS = "diffusion_pytorch_model"
INDEX = f"{WEIGHTS}.safetensors.index.json"
INTEGERS = {2: torch.int16, 4: torch.int32}
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}

KLEIN = {
    "num_attention_heads": 3, "attention_head_dim": 16, "axes_dims_rope": (4, 4, 4, 4),
    "num_layers": 2, "num_single_layers": 3, "joint_attention_dim": 40, "in_channels": 8,
    "guidance_embeds": False,
}
CONFIGURATIONS = {
    "klein": KLEIN,
    "dev": KLEIN | {"guidance_embeds": True},
    # More than nine blocks of a kind: "10" sorts before "2".
    "deep": KLEIN | {"num_layers": 11, "num_single_layers": 12, "num_attention_heads": 1},
    # Every number that shapes do not tell, and widths with nothing in common.
    "odd": KLEIN | {
        "axes_dims_rope": (2, 6, 4, 4), "eps": 1e-5, "rope_theta": 500, "mlp_ratio": 2.5,
        "out_channels": 12, "timestep_guidance_channels": 96, "num_attention_heads": 5,
    },
    # diffusers cuts width times ratio to an integer, and 112 * (122 / 112) is less than 122.
    "uneven": KLEIN | {"num_attention_heads": 7, "mlp_ratio": math.nextafter(122 / 112, 2)},
}
# What no shape tells, as in every published model: what a BFL file of another one is taken to have.
PUBLISHED = {"axes_dims_rope": [4, 4, 4, 4], "eps": 1e-6, "rope_theta": 2000}


def bits(tensor):
    return tensor.contiguous().view(INTEGERS[tensor.element_size()])


def make_model(name, dtype, seed):
    """A model whose tensors are random, also the norms, which are all ones in a new model."""
    generator = torch.Generator().manual_seed(seed)
    model = Flux2Transformer2DModel(**CONFIGURATIONS[name]).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def plant_specials(model):
    """Values that arithmetic would change: NaNs with and without payload, infinities, -0 and
    subnormals, at the start of every tensor."""
    patterns = {torch.bfloat16: [0x7FC1, 0x7F81, -1, 0x7F80, -0x8000, 1, 0x7F],
                torch.float32: [0x7FC00001, 0x7F800001, -1, 0x7F800000, -0x80000000, 1, 0x7FFFFF]}
    with torch.no_grad():
        for parameter in model.parameters():
            values = bits(parameter.data).view(-1)
            count = min(len(values), 7)
            values[:count] = torch.tensor(
                patterns[parameter.dtype][:count], dtype=values.dtype)


def same_tensors(judge, found, expected, what):
    """Both have the same names, and each tensor the same type, shape and bits."""
    judge.check(set(found) == set(expected),
                f"{what}: names differ: {sorted(set(found) ^ set(expected))[:4]}")
    for name in found.keys() & expected.keys():
        ours, theirs = found[name], expected[name]
        judge.check(
            ours.dtype == theirs.dtype and ours.shape == theirs.shape
            and torch.equal(bits(ours), bits(theirs)),
            f"{what}: {name}: {ours.dtype} {list(ours.shape)}, expected {theirs.dtype} "
            f"{list(theirs.shape)} with the same bits")


def weights(path):
    """All tensors of a file or folder, read by the package."""
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def config(model):
    """The configuration in effect: what is left out has its value, of mlp_ratio its width counts."""
    values = {key: value for key, value in model.config.items() if not key.startswith("_")}
    values["axes_dims_rope"] = list(values["axes_dims_rope"])
    values["out_channels"] = values["out_channels"] or values["in_channels"]
    width = values["num_attention_heads"] * values["attention_head_dim"]
    values["mlp_ratio"] = int(width * values["mlp_ratio"])
    return values


def convert(judge, source, output, layout, *options):
    """Runs mmdit-convert; returns the path and its report, whose ledger is replayed."""
    output = judge.folder / output
    report_path = judge.folder / "report.json"
    report_path.unlink(missing_ok=True)
    judge.tool("mmdit-convert", source, "--output", output, "--layout", layout,
               "--json", report_path, *options)
    report = json.loads(report_path.read_text()) if report_path.exists() else {}
    if judge.check(output.exists() and report, f"{output.name} and its report are there"):
        check_files(judge, output, report, layout)
    return output, report


def check_files(judge, output, report, layout):
    """Exactly the files that belong there, with an index that is right to the byte."""
    judge.check(not list(judge.folder.glob("**/*.partial")), f"{output.name}: nothing is left over")
    files = sorted(output.iterdir()) if output.is_dir() else [output]
    shards = [file for file in files if file.suffix == ".safetensors"]
    stored = {file.name: read_safetensors(file) for file in shards}
    size = sum(len(data) for tensors in stored.values() for _, _, data in tensors.values())
    said = [(file["name"], file["tensors"], file["bytes"]) for file in report["target"]["files"]]
    found = [(name, len(tensors), sum(len(data) for _, _, data in tensors.values()))
             for name, tensors in stored.items()]
    judge.check(said == found, f"{output.name}: files are {found}, the report says {said}")
    judge.check(report["target"]["bytes"] == size, f"{output.name}: {size} bytes of tensors")
    for shard in shards:
        with safe_open(shard, "pt") as file:
            judge.check((file.metadata() or {}).get("format") == "pt", f"{shard.name}: format pt")
    if not output.is_dir():
        return
    expected = [f"{WEIGHTS}-{index + 1:05}-of-{len(shards):05}.safetensors"
                for index in range(len(shards))] if len(shards) > 1 else [f"{WEIGHTS}.safetensors"]
    others = [INDEX] * (len(shards) > 1) + ["config.json"] * (layout == "diffusers")
    names = [file.name for file in files]
    judge.check(sorted(expected + others) == names, f"{output.name} has {names}")
    if len(shards) > 1:
        index = json.loads((output / INDEX).read_text())
        judge.check(index["metadata"]["total_size"] == size,
                    f"{output.name}: total_size {index['metadata']['total_size']} of {size}")
        places = {name: shard for shard, tensors in stored.items() for name in tensors}
        judge.check(index["weight_map"] == places, f"{output.name}: weight_map")


def check_ledger(judge, source, output, report):
    """The rows that the ledger names make up each tensor, and every source row is in one."""
    # A vector is one row.
    sources, targets = ({name: torch.atleast_2d(tensor) for name, tensor in weights(path).items()}
                        for path in (source, output))
    rows = {}
    ledger = {entry["name"]: entry for entry in report["ledger"]}
    judge.check(ledger.keys() == targets.keys() and len(ledger) == len(report["ledger"]),
                f"{output.name}: the ledger has each tensor once")
    for name, entry in ledger.items():
        parts = []
        for run in entry["rows"]:
            span = range(run["first"], run["first"] + run["count"])
            rows.setdefault(run["source"], []).extend(span)
            parts.append(sources[run["source"]][span.start:span.stop])
        target = targets[name]
        judge.check(torch.equal(bits(torch.cat(parts)), bits(target)),
                    f"{output.name}: {name} is the rows of its ledger entry")
        # What the entry calls the change, from the rows alone.
        names = {run["source"] for run in entry["rows"]}
        [first, *_], count = names, len(target)
        order = [row for run in entry["rows"]
                 for row in range(run["first"], run["first"] + run["count"])]
        change = ("fused" if len(names) > 1 else "split" if count < len(sources[first])
                  else "reordered" if order != list(range(count))
                  else "kept" if first == name else "renamed")
        judge.check(entry["change"] == change, f"{name} is {change}, not {entry['change']}")
    judge.check({name: sorted(span) for name, span in rows.items()}
                == {name: list(range(len(tensor))) for name, tensor in sources.items()},
                f"{output.name}: every source row is used once")


def check_inspect(judge, path, layout, expected):
    """mmdit-inspect says of our file what is true of the model."""
    process = judge.tool("mmdit-inspect", path, "--json")
    found = json.loads(process.stdout or "{}")
    said = [found.get(key) for key in ("family", "layout", "prefix", "problem", "parameters")]
    names = {"bfl": ("original", ""), "comfyui": ("ComfyUI", PREFIX), "diffusers": ("diffusers", "")}
    true = ["FLUX.2 transformer", *names[layout], None,
            sum(tensor.numel() for tensor in expected.values())]
    judge.check(said == true, f"{path.name}: mmdit-inspect says {said}, true is {true}")


def check_way_back(judge, model, folder, what, changed=None):
    """diffusers loads the folder completely; weights and configuration are those of the model."""
    dtype = next(model.parameters()).dtype
    try:
        loaded, info = Flux2Transformer2DModel.from_pretrained(
            folder, torch_dtype=dtype, output_loading_info=True)
    except ValueError as error:
        judge.check(False, f"{what}: from_pretrained fails: {error}")
        return None
    judge.check(not any(info.values()), f"{what}: from_pretrained reports {info}")
    same_tensors(judge, loaded.state_dict(), model.state_dict(), f"{what}: from_pretrained")
    expected, found = config(model) | (changed or {}), config(loaded)
    judge.check(found == expected, f"{what}: the configuration is {found}, expected {expected}")
    return loaded


def check_by_diffusers(judge, file, folder, expected, what):
    """diffusers' own reading of our BFL file gives the tensors of the model."""
    same_tensors(judge, convert_by_diffusers(load_file(file)), expected, f"{what}: converted")
    dtype = next(iter(expected.values())).dtype
    loaded = Flux2Transformer2DModel.from_single_file(file, config=str(folder), torch_dtype=dtype)
    same_tensors(judge, loaded.state_dict(), expected, f"{what}: from_single_file")
    return loaded


def check_routes(judge, model, source, others, what, lost=None):
    """A folder to the three layouts and back; what else holds the model gives the same bytes."""
    expected = dict(model.state_dict())
    bfl, report = convert(judge, source, f"{what}-bfl.safetensors", "bfl")
    check_ledger(judge, source, bfl, report)
    check_inspect(judge, bfl, "bfl", expected)
    check_by_diffusers(judge, bfl, source, expected, bfl.name)
    for number, other in enumerate(others):
        again, _ = convert(judge, other, f"{what}-{number}.safetensors", "bfl")
        judge.check(again.read_bytes() == bfl.read_bytes(), f"{what}: {other} gives other bytes")

    fused = max(tensor.nbytes for tensor in weights(bfl).values())
    folder, _ = convert(judge, source, f"{what}-bfl-folder", "bfl", "--max-shard-size", fused)
    same_tensors(judge, weights(folder), weights(bfl), folder.name)
    again, _ = convert(judge, folder / INDEX, f"{what}-again.safetensors", "bfl")
    judge.check(again.read_bytes() == bfl.read_bytes(), f"{folder.name} as one file again")

    comfy, report = convert(judge, source, f"{what}-comfyui.safetensors", "comfyui")
    check_ledger(judge, source, comfy, report)
    check_inspect(judge, comfy, "comfyui", expected)
    same_tensors(judge, weights(comfy),
                 {PREFIX + key: tensor for key, tensor in weights(bfl).items()}, comfy.name)

    largest = max(tensor.nbytes for tensor in expected.values())
    for path in (bfl, comfy, source):
        for size in (None, largest, f"{-(-3 * largest // 1000)}KB"):
            options = [] if size is None else ["--max-shard-size", size]
            back, report = convert(
                judge, path, f"{path.stem}-{size}-back", "diffusers", *options)
            same_tensors(judge, weights(back), expected, back.name)
            check_way_back(judge, model, back, back.name, None if path == source else lost)
            check_ledger(judge, path, back, report)
            judge.check(len(list(back.glob("*.safetensors"))) > 1 or size is None,
                        f"{back.name} is sharded")
        check_inspect(judge, back, "diffusers", expected)


def check_outputs(judge, name, dtype):
    """The network computes the same from the original, the way back and our BFL file."""
    model = make_model(name, dtype, 7).eval()
    model.save_pretrained(source := judge.folder / f"run-{name}-{dtype}")
    bfl, _ = convert(judge, source, f"run-{name}-{dtype}.safetensors", "bfl")
    back, _ = convert(judge, bfl, f"run-{name}-{dtype}-back", "diffusers")
    generator = torch.Generator().manual_seed(8)
    channels, text = model.config.in_channels, model.config.joint_attention_dim
    inputs = {
        "hidden_states": torch.randn(1, 6, channels, generator=generator).to(dtype),
        "encoder_hidden_states": torch.randn(1, 3, text, generator=generator).to(dtype),
        "timestep": torch.tensor([0.7]).to(dtype),
        "img_ids": torch.tensor([[[0, row, column, 0] for row in range(2) for column in range(3)]]),
        "txt_ids": torch.tensor([[[0, 0, 0, token] for token in range(3)]]),
        "guidance": torch.tensor([4.0]).to(dtype) if model.config.guidance_embeds else None,
    }

    def output(model):
        # Loaded tensors lie where the file has them, and where a matrix lies decides in which order
        # its products are summed. Copies are aligned alike.
        with torch.no_grad():
            return copy.deepcopy(model).eval()(**inputs).sample

    expected = output(model)
    judge.check(expected.isfinite().all() and expected.std() > 0, f"{name}: a real output")
    for loaded in (check_way_back(judge, model, back, back.name),
                   Flux2Transformer2DModel.from_single_file(
                       bfl, config=str(source), torch_dtype=dtype)):
        judge.check(torch.equal(output(loaded), expected),
                    f"{name} {dtype}: the output of the network")


def check_casts(judge, stored):
    """--dtype rounds as torch does, and counts what the type cannot hold."""
    model = make_model("klein", DTYPES[stored], 9)
    planted = {"x_embedder.weight": [1e6, -1e6, 65504.0, 65519.0, 65520.0, 1e-9, -1e-9],
               "norm_out.linear.weight": [3.3e38, -3.4e38, math.inf, -math.inf, 0.0, -0.0, 6e-8]}
    with torch.no_grad():
        for name, values in planted.items():
            model.state_dict()[name].view(-1)[:7] = torch.tensor(values)
        # Both sides of every tie of a rounding to bf16 or f16, and the tie.
        if stored == "f32":
            model.context_embedder.weight.view(-1)[:] = torch.tensor(
                [1 + step * 2.0**-23 for step in range(0x7000, 0x11000, 16)])[:1920]
    model.save_pretrained(source := judge.folder / f"cast-{stored}")
    for dtype in DTYPES:
        for layout in ("diffusers", "bfl"):
            output, report = convert(
                judge, source, f"cast-{stored}-{dtype}-{layout}.safetensors", layout,
                "--dtype", dtype)
            found = weights(output)
            found = found if layout == "diffusers" else convert_by_diffusers(found)
            cast = {name: tensor.to(DTYPES[dtype]) for name, tensor in model.state_dict().items()}
            same_tensors(judge, found, cast, output.name)
            lost = {name: int((tensor.isfinite() & cast[name].isinf()).sum())
                    for name, tensor in model.state_dict().items()}
            counts = {entry["name"]: entry["overflows"] for entry in report["ledger"]}
            renamed = {"x_embedder.weight": "img_in.weight",
                       "norm_out.linear.weight": "final_layer.adaLN_modulation.1.weight"}
            expected = {renamed[name] if layout == "bfl" else name: count
                        for name, count in lost.items() if count}
            judge.check({name: count for name, count in counts.items() if count} == expected,
                        f"{output.name}: overflows {counts}, expected {expected}")
            judge.check({(*entry["source_dtypes"], entry["dtype"]) for entry in report["ledger"]}
                        == {(stored.upper(), dtype.upper())}, f"{output.name}: types in the ledger")
            if dtype == "f16":
                judge.check(sum(expected.values()) >= 4, f"{output.name}: overflows are planted")


def check_mixed_types(judge):
    """Norms in f32 beside bf16 matrices keep their type; types that meet in one tensor do not mix."""
    from safetensors.torch import save_file
    model = make_model("klein", torch.bfloat16, 10)
    tensors = {name: tensor.float() if tensor.ndim == 1 else tensor
               for name, tensor in model.state_dict().items()}
    source = judge.folder / "mixed.safetensors"
    save_file(tensors, source, {"format": "pt"})
    bfl, _ = convert(judge, source, "mixed-bfl.safetensors", "bfl")
    back, _ = convert(judge, bfl, "mixed-back.safetensors", "diffusers")
    same_tensors(judge, convert_by_diffusers(load_file(bfl)), tensors, "mixed: converted")
    same_tensors(judge, load_file(back), tensors, "mixed: back")

    name = "transformer_blocks.1.attn.to_k.weight"
    save_file(tensors | {name: tensors[name].float()}, source, {"format": "pt"})
    output = judge.folder / "refused.safetensors"
    process = judge.tool("mmdit-convert", source, "--layout", "bfl", "--output", output, exits=65)
    judge.check("double_blocks.1.img_attn.qkv.weight" in process.stderr
                and not list(judge.folder.glob("refused*")),
                f"the tensor in which types would meet is named: {process.stderr}")
    cast, report = convert(judge, source, "mixed-cast.safetensors", "bfl", "--dtype", "f32")
    same_tensors(judge, convert_by_diffusers(load_file(cast)),
                 {name: tensor.float() for name, tensor in tensors.items()}, "mixed: cast")
    types = {entry["name"]: sorted(entry["source_dtypes"]) for entry in report["ledger"]}
    judge.check(types["double_blocks.1.img_attn.qkv.weight"] == ["BF16", "F32"]
                and types["double_blocks.0.img_attn.qkv.weight"] == ["BF16"],
                f"the ledger names the types that met: {types}")


def check_care(judge):
    """A dry run writes nothing, threads change nothing, and what is there stays there."""
    source = MODEL / "transformer"
    report_path = judge.folder / "dry.json"
    judge.tool("mmdit-convert", source, "--output", judge.folder / "dry", "--dry-run",
               "--max-shard-size", "5MB", "--json", report_path)
    dry = json.loads(report_path.read_text())
    report_path.unlink()
    judge.check(dry["dry_run"] is True and not list(judge.folder.glob("dry*")), "a dry run is dry")
    whole = []
    for threads in (1, 2, 3):
        output, real = convert(judge, source, f"threads-{threads}", "diffusers",
                               "--max-shard-size", "5MB", "--threads", threads)
        whole.append({file.name: file.read_bytes() for file in output.iterdir()})
    judge.check(whole[0] == whole[1] == whole[2], "the same bytes on 1, 2 and 3 threads")
    judge.check(dry["target"]["files"] == real["target"]["files"]
                and [entry | {"overflows": 0} for entry in dry["ledger"]] == real["ledger"],
                "the dry run says what is then done")

    before = whole[0]
    process = judge.tool("mmdit-convert", source, "--output", judge.folder / "threads-1", exits=64)
    judge.check(process.returncode != 0 and "threads-1" in process.stderr and before
                == {file.name: file.read_bytes() for file in (judge.folder / "threads-1").iterdir()},
                f"a folder with files stays as it is: {process.stderr}")
    single, _ = convert(judge, source, "single.safetensors", "diffusers")
    content = single.read_bytes()
    process = judge.tool(
        "mmdit-convert", single, "--layout", "bfl", "--output", single, exits=64)
    judge.check(process.returncode != 0 and single.read_bytes() == content,
                f"the file that is read is not replaced: {process.stderr}")
    process = judge.tool("mmdit-convert", source, "--output", judge.folder / "small",
                         "--max-shard-size", "1KB", exits=64)
    judge.check(process.returncode != 0 and not list(judge.folder.glob("small*")),
                f"a shard too small for a tensor: {process.stderr}")


with harness.Judge() as judge:
    for number, name in enumerate(CONFIGURATIONS):
        for dtype in (torch.bfloat16, torch.float32):
            what = f"{name}-{str(dtype)[6:]}"
            model = make_model(name, dtype, number)
            plant_specials(model)
            sharded, single = judge.folder / f"{what}-sharded", judge.folder / f"{what}-single"
            model.save_pretrained(sharded, max_shard_size="100KB")
            model.save_pretrained(single)
            judge.check((sharded / INDEX).exists(), f"{what} is sharded")
            check_routes(
                judge, model, sharded,
                [single, single / f"{WEIGHTS}.safetensors", sharded / INDEX], what,
                lost=PUBLISHED if name == "odd" else None)
            print(f"{what}: {len(model.state_dict())} tensors, three layouts and back")

    fixture = Flux2Transformer2DModel.from_pretrained(
        MODEL / "transformer", torch_dtype=torch.bfloat16)
    check_routes(judge, fixture, MODEL / "transformer", [MODEL], "glyph-klein")
    print(f"glyph-klein: {len(fixture.state_dict())} tensors, three layouts and back")

    for name in ("klein", "dev", "deep"):
        for dtype in (torch.bfloat16, torch.float32):
            check_outputs(judge, name, dtype)
    print("the network computes the same to the last bit")
    for stored in ("bf16", "f32"):
        check_casts(judge, stored)
    print("casts round as torch does; every overflow is counted")
    check_mixed_types(judge)
    check_care(judge)
