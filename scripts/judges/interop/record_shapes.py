"""Records names and shapes of every tensor of the published models in Tests/Fixtures/components.

    record_shapes.py [MODEL...]

The classes are built without weights. The files are described in Tests/Fixtures/README.md.
"""

import json
import os
import pathlib
import sys
import tempfile

# Before the packages are imported: nothing is fetched, and what they lack is no result.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error",
                  HF_HUB_DISABLE_PROGRESS_BARS="1")

import diffusers
import torch
import transformers
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))
import original_layouts
import tensor_patterns
from other_names import other_names
from published_models import MODELS
from tiny_models import tiny_configuration
from without_weights import saved, shapes

transformers.utils.logging.disable_progress_bar()
diffusers.utils.logging.set_verbosity_error()
FOLDER = ROOT / "Tests/Fixtures/components"
CONVERTERS = {
    "flux2": single_file_utils.convert_flux2_transformer_checkpoint_to_diffusers,
    "flux1": single_file_utils.convert_flux_transformer_checkpoint_to_diffusers,
    "sd3": single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers,
    "autoencoder": single_file_utils.convert_ldm_vae_checkpoint,
}
# What convert_ldm_vae_checkpoint leaves out.
BEYOND_THE_CONVERTER = ("quant_conv.", "post_quant_conv.", "bn.")


def model_class(model):
    return getattr({"diffusers": diffusers, "transformers": transformers}[model.package],
                   model.class_name)


def check_loads(model, names):
    """A tiny model of the class, saved with the other names, is loaded with nothing missing."""
    kind = model_class(model)
    network = kind(kind.config_class(**tiny_configuration(model.class_name)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_()
    with tempfile.TemporaryDirectory() as folder:
        network.save_pretrained(folder)
        file = pathlib.Path(folder) / "model.safetensors"
        tensors = load_file(file)
        other = other_names(model.class_name, tensors)[names]
        save_file({new: tensors[name].clone() for new, name in other.items()}, file,
                  {"format": "pt"})
        left_out = set(tensors) - set(other.values())
        loaded, info = kind.from_pretrained(folder, output_loading_info=True)
    expected, found = network.state_dict(), loaded.state_dict()
    missing = set(info["missing_keys"]) - left_out
    assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], info
    assert all(torch.equal(found[name], expected[name]) for name in expected
               if name not in left_out), f"{model.class_name}: {names}"


def original(model, configuration, written):
    """The tensors in the reference layout, and what says that these are right."""
    if model.original not in CONVERTERS:
        return in_one_file(model, written)
    converter = CONVERTERS[model.original]
    tensors = getattr(original_layouts, model.original)(written)
    converted = converter(dict(tensors), config=configuration)
    expected, unchecked = dict(written), []
    if model.original == "autoencoder":
        beyond = {name for name in written if name.startswith(BEYOND_THE_CONVERTER)}
        expected = {name: tensor for name, tensor in written.items() if name not in beyond}
        unchecked = sorted(set(tensors) - set(original_layouts.autoencoder(expected)))
    assert shapes(converted) == shapes(expected), sorted(set(converted) ^ set(expected))[:4]
    return {"checked_by": f"diffusers.loaders.single_file_utils.{converter.__name__}",
            "unchecked": unchecked, "tensors": tensor_patterns.compress(shapes(tensors))}


def in_one_file(model, written):
    """A text encoder has the same names in one file with the transformer, behind a prefix."""
    prefix = model.original
    tensors = {prefix + name: tensor for name, tensor in written.items()}
    if model.class_name == "T5EncoderModel":
        converter, converted = "convert_sd3_t5_checkpoint_to_diffusers", \
            single_file_utils.convert_sd3_t5_checkpoint_to_diffusers(tensors)
    else:
        converter, converted = "convert_ldm_clip_checkpoint", \
            single_file_utils.convert_ldm_clip_checkpoint(tensors, prefix)
    assert shapes(converted) == shapes(written), model.class_name
    return {"checked_by": f"diffusers.loaders.single_file_utils.{converter}", "unchecked": [],
            "tensors": tensor_patterns.compress(shapes(tensors))}


def document(name, model):
    configuration, written, memory = saved(model_class(model), model.configuration)
    table = shapes(written)
    entries = tensor_patterns.compress(table)
    assert tensor_patterns.expand(entries) == table
    packages = {package.__name__: package.__version__ for package in (torch, diffusers, transformers)}
    result = {
        "model": name, "repositories": model.repositories,
        "class": f"{model.package}.{model.class_name}", "packages": packages,
        "tensor_count": len(table), "parameters": sum(t.numel() for t in written.values()),
        "published_config": model.configuration, "config": configuration, "tensors": entries}
    integers = sorted(name for name, tensor in written.items() if tensor.dtype == torch.int64)
    if integers:
        result["int64"] = integers
    tied = sorted(set(memory) - set(table)) if len(memory) > len(table) else []
    if tied:
        result["not_written"] = tied
    if model.original:
        result["original"] = original(model, configuration, written)
    for what, names in other_names(model.class_name, written).items():
        check_loads(model, what)
        result.setdefault("also_loads", []).append({
            "what": what, "tensors": tensor_patterns.compress(
                {new: table[name] for new, name in names.items()})})
    result["unchecked"] = [
        "published_config is written down from knowledge of the published config.json, which was "
        "not at hand.", *model.unchecked]
    return result


def text(value, indent=0):
    """JSON with a line for each tensor pattern and each member of the outer objects."""
    inner = " " * (indent + 1)
    if isinstance(value, dict) and indent < 2:
        lines = [f"{inner}{json.dumps(key)}: {text(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        if "tensors" in value[0]:
            return "[" + ", ".join(text(item, 1) for item in value) + "]"
        lines = [inner + json.dumps(item) for item in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return json.dumps(value)


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        result = document(name, MODELS[name])
        content = text(result) + "\n"
        assert json.loads(content) == json.loads(json.dumps(result))
        (FOLDER / f"{name}.json").write_text(content)
        print(f"{name}: {result['tensor_count']} tensors, {result['parameters']} parameters, "
              f"{len(result['tensors'])} entries")


if __name__ == "__main__":
    main()
