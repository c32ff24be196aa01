"""Judges conversion of FLUX.2 transformers by diffusers: its models, files and own conversion.

diffusers makes models of random bits and saves them; what we make of the files is given back to it.
"""

import copy
import json
import math

import torch
from conversion import DIFFUSERS, PREFIX, convert
from diffusers import Flux2Transformer2DModel
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers as convert_by_diffusers,
)
from harness import MODEL
from safetensors.torch import load_file, save_file
from tensors import DTYPES, plant_specials, same_outputs, same_tensors, weights

INDEX = f"{DIFFUSERS}.safetensors.index.json"

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


def make_model(name, dtype, seed):
    """A model whose tensors are random, also the norms, which are all ones in a new model."""
    generator = torch.Generator().manual_seed(seed)
    model = Flux2Transformer2DModel(**CONFIGURATIONS[name]).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


def config(model):
    """The configuration in effect: what is left out has its value, of mlp_ratio its width counts."""
    values = {key: value for key, value in model.config.items() if not key.startswith("_")}
    values["axes_dims_rope"] = list(values["axes_dims_rope"])
    values["out_channels"] = values["out_channels"] or values["in_channels"]
    width = values["num_attention_heads"] * values["attention_head_dim"]
    values["mlp_ratio"] = int(width * values["mlp_ratio"])
    return values


def check_inspect(judge, path, layout, expected):
    """mmdit-inspect says of our file what is true of the model."""
    process = judge.tool("mmdit-inspect", path, "--json")
    found = json.loads(process.stdout or "{}")
    said = [[component[key] for key in ("family", "layout", "prefix")]
            for component in found.get("components", [])]
    said += [found.get("problem"), found.get("parameters")]
    names = {"bfl": ["original", ""], "comfyui": ["ComfyUI", PREFIX], "diffusers": ["diffusers", ""]}
    true = [["flux2", *names[layout]], None, sum(tensor.numel() for tensor in expected.values())]
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
    for loaded in (check_way_back(judge, model, back, back.name),
                   Flux2Transformer2DModel.from_single_file(
                       bfl, config=str(source), torch_dtype=dtype)):
        same_outputs(judge, [output(loaded)], [expected], f"{name} {dtype}")


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
    [planned] = dry["components"]
    judge.check(planned["files"] == real["files"]
                and [entry | {"overflows": 0} for entry in planned["ledger"]] == real["ledger"],
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


def run(judge):
    """Everything that is converted today, and in the greatest detail."""
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
                [single, single / f"{DIFFUSERS}.safetensors", sharded / INDEX], what,
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
