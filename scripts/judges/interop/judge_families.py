"""Judges conversion of every family by the class that loads it, and by diffusers' own converters.

The classes make networks of random bits and save them. What we make of the files has to be the same
to the bit: in the layout of the reference, which diffusers' converter reads and a mapping written
for this judge makes from the other side, and back in files that the class loads.
"""

import copy
import json
from unittest import mock

import torch
from conversion import PREFIX, convert
from diffusers.loaders import single_file_model
from other_names import other_names
from safetensors.torch import load_file, save_file
from tensors import DTYPES, plant_specials, same_outputs, same_tensors, weights
from tiny_models import build, outputs


def load(family, folder, dtype):
    """The network that the class makes of a folder, and what it says about loading."""
    options = {"dtype" if family.of_transformers else "torch_dtype": dtype}
    network, info = family.kind.from_pretrained(folder, output_loading_info=True, **options)
    return network.eval(), {what: names for what, names in info.items() if names}


# What says nothing of the network, also of the parts of a configuration.
NO_MATTER = ("transformers_version", "dtype", "torch_dtype", "architectures")


def configuration(network, untold=()):
    """path → value of everything that the configuration says of the network."""
    config = network.config
    values = dict(config.items()) if hasattr(config, "items") else config.to_dict()
    if "out_channels" in values:
        values["out_channels"] = values["out_channels"] or values["in_channels"]
    return flat(json.loads(json.dumps(values, default=str)), (*NO_MATTER, *untold))


def flat(values, left_out, path=""):
    result = {}
    for key, value in values.items():
        if key.startswith("_") or key in left_out or path + key in left_out:
            continue
        result |= flat(value, left_out, f"{path}{key}.") if isinstance(value, dict) \
            else {path + key: value}
    return result


def check_loaded(judge, family, network, folder, what, untold=(), lacks=()):
    """The class loads the folder completely, with the tensors and configuration of the network."""
    dtype = next(network.parameters()).dtype
    try:
        loaded, info = load(family, folder, dtype)
    except (ValueError, OSError, KeyError, RuntimeError, AttributeError) as error:
        judge.check(False, f"{what}: from_pretrained fails: {error}")
        return None
    if set(info.get("missing_keys", ())) == set(lacks):
        info.pop("missing_keys", None)
    judge.check(not info, f"{what}: from_pretrained reports {info}")
    found, expected = loaded.state_dict(), network.state_dict()
    same_tensors(judge, *({name: tensor for name, tensor in tensors.items() if name not in lacks}
                          for tensors in (found, expected)), f"{what}: from_pretrained")
    found, expected = configuration(loaded, untold), configuration(network, untold)
    judge.check(found == expected, f"{what}: the configuration differs: " + str(
        {key: (found.get(key, "nothing"), expected.get(key, "nothing")) for key in found.keys() | expected.keys()
         if found.get(key, "nothing") != expected.get(key, "nothing")}))
    return loaded


def converted(family, tensors, network):
    """By diffusers: the tensors of its own layout, and of those what its converter leaves out."""
    config = dict(network.config)
    expected = {name: tensor for name, tensor in network.state_dict().items()
                if not name.startswith(family.beyond or ("-",))}
    return family.converter(dict(tensors), config=config), expected


def from_single_file(family, path, folder, dtype):
    """diffusers' own loading of one file, with the converter that knows this width."""
    entry = single_file_model.SINGLE_FILE_LOADABLE_CLASSES[family.name]
    config = json.loads((folder / "config.json").read_text())

    def converter(checkpoint, **_):
        return family.converter(checkpoint, config=config)

    with mock.patch.dict(entry, checkpoint_mapping_fn=converter):
        return family.kind.from_single_file(path, config=str(folder), torch_dtype=dtype).eval()


def save(judge, name, tensors):
    path = judge.folder / name
    save_file({name: tensor.clone(memory_format=torch.contiguous_format)
               for name, tensor in tensors.items()}, path, {"format": "pt"})
    return path


def check_yardstick(judge, family, network, what):
    """What this judge takes for the layout of the reference is what diffusers reads as that."""
    tensors = family.original(network.state_dict())
    found, expected = converted(family, tensors, network)
    same_tensors(judge, found, expected, f"{what}: diffusers' reading of our mapping")
    # Where diffusers has no say, names and values at least are all there.
    judge.check(sum(tensor.numel() for tensor in tensors.values())
                == sum(tensor.numel() for tensor in network.state_dict().values()),
                f"{what}: every value is in the reference layout")


def check_original(judge, family, network, sources, what):
    """To the layout of the reference and back, from folders and from files made without us."""
    source, *others = sources
    dtype = next(network.parameters()).dtype
    expected = family.original(network.state_dict())
    original, report = convert(judge, source, f"{what}-bfl.safetensors", "bfl", stem=family.stem)
    if not original.exists():
        return
    same_tensors(judge, weights(original), expected, original.name)
    found, theirs = converted(family, load_file(original), network)
    same_tensors(judge, found, theirs, f"{original.name}: converted by diffusers")
    if family.single_file:
        same_tensors(judge, from_single_file(family, original, source, dtype).state_dict(),
                     network.state_dict(), f"{original.name}: from_single_file")
    for number, other in enumerate(others):
        again, _ = convert(judge, other, f"{what}-{number}.safetensors", "bfl", stem=family.stem)
        judge.check(again.exists() and again.read_bytes() == original.read_bytes(),
                    f"{what}: {other} gives other bytes")

    files = {"ours": original, "theirs": save(judge, f"{what}-theirs.safetensors", expected)}
    if family.for_comfyui:
        comfy, report = convert(judge, source, f"{what}-comfyui.safetensors", "comfyui")
        same_tensors(judge, weights(comfy),
                     {PREFIX + name: tensor for name, tensor in expected.items()}, comfy.name)
        files["comfyui"] = comfy
    for prefix in family.prefixes:
        files[prefix.strip(".")] = save(
            judge, f"{what}-{prefix}safetensors",
            {prefix + name: tensor for name, tensor in expected.items()})
    for where, file in files.items():
        back, report = convert(judge, file, f"{what}-{where}-back", "diffusers", stem=family.stem)
        if back.exists():
            same_tensors(judge, weights(back), network.state_dict(), back.name)
            check_loaded(judge, family, network, back, back.name, family.untold)


def check_shards(judge, family, network, sources, what):
    """From folder to folder, in one file and in several: the same tensors under the same names."""
    for source in sources:
        expected = weights(source)
        largest = max(tensor.nbytes for tensor in expected.values())
        for size in (None, largest, f"{-(-3 * largest // 1000)}KB"):
            options = [] if size is None else ["--max-shard-size", size]
            copy_, report = convert(judge, source, f"{source.name}-{size}", "diffusers",
                                    *options, stem=family.stem)
            if not copy_.exists():
                continue
            check_loaded(judge, family, network, copy_, copy_.name)
            judge.check((len(list(copy_.glob("*.safetensors"))) > 1) == (size is not None),
                        f"{copy_.name}: one file, or several where a size is given")


def check_other_names(judge, family, network, source, what):
    """Files of text encoders under other names, with and without a configuration beside them."""
    expected = weights(source)
    names = {"as-saved": {name: name for name in expected}}
    names |= {f"names-{number}": other for number, other
              in enumerate(other_names(family.name, expected).values())}
    names |= {prefix.strip("."): {prefix + name: name for name in expected}
              for prefix in family.prefixes}
    for where, table in names.items():
        file = save(judge, f"{what}-{where}.safetensors",
                    {new: expected[name] for new, name in table.items()})
        lacks = ["lm_head.weight"] if "lm_head.weight" in set(expected) - set(table.values()) else []
        back, _ = convert(judge, file, f"{what}-{where}-back", "diffusers", stem=family.stem)
        if not back.exists():
            continue
        check_loaded(judge, family, network, back, back.name,
                     (*family.untold, "tie_word_embeddings") if lacks else family.untold, lacks)
    comfy, _ = convert(judge, source, f"{what}-comfyui.safetensors", "comfyui", stem=family.stem)
    back, _ = convert(judge, comfy, f"{what}-comfyui-back", "diffusers", stem=family.stem)
    if back.exists():
        check_loaded(judge, family, network, back, back.name, family.untold)


def check_outputs(judge, family, network, source, what):
    """The network computes the same from the original and from the way back."""
    # Loaded tensors lie where the file has them, and where a matrix lies decides in which order
    # its products are summed. Copies are aligned alike.
    dtype = next(network.parameters()).dtype
    expected = outputs(copy.deepcopy(load(family, source, dtype)[0]))
    folders = {}
    if family.original:
        file, _ = convert(judge, source, f"{what}-run.safetensors", "bfl", stem=family.stem)
        folders["there and back"], _ = convert(
            judge, file, f"{what}-run-back", "diffusers", stem=family.stem)
        if family.single_file and file.exists():
            loaded = from_single_file(family, file, source, dtype)
            same_outputs(judge, outputs(copy.deepcopy(loaded)), expected, f"{what}, one file")
    folders["copied"], _ = convert(judge, source, f"{what}-run-copy", "diffusers", stem=family.stem)
    for where, folder in folders.items():
        if folder.exists():
            loaded, _ = load(family, folder, dtype)
            same_outputs(judge, outputs(copy.deepcopy(loaded)), expected, f"{what}, {where}")


def run(judge, family):
    """Every variant of a family, in two types."""
    for number, (variant, values) in enumerate(family.variants.items()):
        for dtype in ("bf16", "f32"):
            what = "-".join(filter(None, (family.name, variant, dtype)))
            network = build(family.kind, values, DTYPES[dtype], number)
            plain = judge.folder / f"{what}-plain"
            network.save_pretrained(plain)
            plant_specials(network)
            single, sharded = judge.folder / f"{what}-single", judge.folder / f"{what}-sharded"
            network.save_pretrained(single)
            largest = max(tensor.nbytes for tensor in network.state_dict().values())
            network.save_pretrained(sharded, max_shard_size=largest)
            index = sharded / f"{family.stem}.safetensors.index.json"
            judge.check(index.exists(), f"{what} is sharded")
            if family.original:
                check_yardstick(judge, family, network, what)
                check_original(judge, family, network, [sharded, single, index], what)
            else:
                check_other_names(judge, family, network, single, what)
            check_shards(judge, family, network, [single, sharded], what)
            check_outputs(judge, family, network, plain, what)
        print(f"{' '.join([family.name, *filter(None, [variant])])}: {len(weights(single))} tensors, "
              "every layout and back", flush=True)
