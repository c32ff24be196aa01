"""What a published model consists of, read from Tests/Fixtures/components and made shallower."""

import copy
import dataclasses
import json
import pathlib

import tensor_patterns

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/components"
REPEATED = ("transformer_blocks", "single_transformer_blocks", "double_blocks", "single_blocks",
            "joint_blocks", "layers", "block")
# class → where the configuration has the count of blocks: part of a name → path
COUNTS = {
    "Flux2Transformer2DModel": {
        "transformer_blocks": ["num_layers"], "single_transformer_blocks": ["num_single_layers"]},
    "FluxTransformer2DModel": {
        "transformer_blocks": ["num_layers"], "single_transformer_blocks": ["num_single_layers"]},
    "SD3Transformer2DModel": {"transformer_blocks": ["num_layers"]},
    "Qwen3ForCausalLM": {"model.layers": ["num_hidden_layers"]},
    "T5EncoderModel": {"encoder.block": ["num_layers"]},
    "CLIPTextModel": {"encoder.layers": ["num_hidden_layers"]},
    "CLIPTextModelWithProjection": {"text_model.encoder.layers": ["num_hidden_layers"]},
    "Mistral3ForConditionalGeneration": {
        "language_model.model.layers": ["text_config", "num_hidden_layers"],
        "vision_tower.transformer.layers": ["vision_config", "num_hidden_layers"]},
}


@dataclasses.dataclass
class Component:
    model: str
    package: str
    class_name: str
    config: dict
    tensors: dict  # name → shape
    integers: frozenset  # names of tensors that are no weights
    repositories: tuple = ()


def model_names():
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(model, layout="diffusers", depth=1.0):
    """The component with the given fraction of its blocks, of each kind at least one."""
    document = json.loads((FOLDER / f"{model}.json").read_text())
    package, class_name = document["class"].split(".")
    if layout == "original" and "original" not in document:
        raise ValueError(f"{model} has no layout but that of {package}")
    entries = document["tensors"] if layout == "diffusers" else document["original"]["tensors"]
    shapes, counts = tensor_patterns.expand(entries), {}
    if not class_name.startswith("Autoencoder"):
        shapes, counts = shallower(shapes, depth, keeps_last=class_name.startswith("SD3"))
    config = copy.deepcopy(document["config"])
    if layout == "diffusers":
        set_counts(config, class_name, counts)
    return Component(model, package, class_name, config, shapes,
                     frozenset(document.get("int64", ())), tuple(document["repositories"]))


def shallower(shapes, depth, keeps_last):
    """Fewer blocks, numbered from 0; returns also how many there are: prefix → count.

    The first are kept; in SD3 the last too, which is unlike the others.
    """
    blocks = {}
    for name in shapes:
        prefix, number, _ = split_name(name)
        if number is not None:
            blocks.setdefault(prefix, set()).add(number)
    counts = {prefix: max(1, round(depth * len(numbers))) for prefix, numbers in blocks.items()}
    result = {}
    for name, shape in shapes.items():
        prefix, number, rest = split_name(name)
        if number is not None:
            last = counts[prefix] - 1
            if keeps_last and number == len(blocks[prefix]) - 1:
                number = last
            elif number > last - keeps_last:
                continue
            name = f"{prefix}.{number}.{rest}"
        result[name] = shape
    return dict(sorted(result.items(), key=lambda item: in_order(item[0]))), counts


def narrower(component, heads):
    """A FLUX.2 transformer with another number of heads: its width, and what are multiples of it."""
    if component.class_name != "Flux2Transformer2DModel":
        raise ValueError(f"{component.model} is no FLUX.2 transformer: its width is not that of its heads")
    config = {**component.config, "num_attention_heads": heads}
    old = component.config["num_attention_heads"] * config["attention_head_dim"]
    new = heads * config["attention_head_dim"]

    def scaled(name, shape):
        # The columns of this one are those of the text, whatever they are multiples of.
        fixed = 1 if name in ("context_embedder.weight", "txt_in.weight") else len(shape)
        return [size * new // old if place < fixed and size % old == 0 else size
                for place, size in enumerate(shape)]
    return dataclasses.replace(component, config=config, tensors={
        name: scaled(name, shape) for name, shape in component.tensors.items()})


def split_name(name):
    """"a.blocks.3.b" → ("a.blocks", 3, "b"); a name without a block → (None, None, name)."""
    parts = name.split(".")
    for place in range(1, len(parts)):
        if parts[place].isdecimal() and parts[place - 1] in REPEATED:
            return ".".join(parts[:place]), int(parts[place]), ".".join(parts[place + 1:])
    return None, None, name


def in_order(name):
    """Block 2 comes before block 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in name.split(".")]


def set_counts(config, class_name, counts):
    for prefix, path in COUNTS.get(class_name, {}).items():
        place = config
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = counts[prefix]
    if "layer_types" in config:  # Qwen3
        config["layer_types"] = config["layer_types"][:counts["model.layers"]]
    if "num_decoder_layers" in config:  # T5
        config["num_decoder_layers"] = counts["encoder.block"]
    if config.get("dual_attention_layers"):  # SD3.5 medium; the last block has none
        config["dual_attention_layers"] = [
            layer for layer in config["dual_attention_layers"]
            if layer < counts["transformer_blocks"] - 1]
