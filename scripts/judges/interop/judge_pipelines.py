"""Judges conversion of whole pipelines: folders as diffusers writes them, and files with everything.

What is no weight goes along byte for byte; every network is what its class saved.
"""

import copy
import json

import diffusers
import torch
import transformers
from conversion import check_component, check_ledger, convert_whole
from diffusers.loaders import single_file_utils
from families import FAMILIES
from harness import MODEL
from judge_families import check_loaded, from_single_file, save
from tensors import plant_specials, same_tensors, weights
from tiny_models import build, tiny_configuration

# pipeline → its networks: place → class, variant
PIPELINES = {
    "FluxPipeline": {
        "transformer": ("FluxTransformer2DModel", "dev"), "vae": ("AutoencoderKL", "flux"),
        "text_encoder": ("CLIPTextModel", "l"), "text_encoder_2": ("T5EncoderModel", "xxl")},
    "StableDiffusion3Pipeline": {
        "transformer": ("SD3Transformer2DModel", "3.5-medium"), "vae": ("AutoencoderKL", "sd3"),
        "text_encoder": ("CLIPTextModelWithProjection", "l"),
        "text_encoder_2": ("CLIPTextModelWithProjection", "g"),
        "text_encoder_3": ("T5EncoderModel", "xxl")},
    "Flux2KleinPipeline": {
        "transformer": ("Flux2Transformer2DModel", None), "vae": ("AutoencoderKLFlux2", "full"),
        "text_encoder": ("Qwen3ForCausalLM", "4b")},
    "Flux2Pipeline": {
        "transformer": ("Flux2Transformer2DModel", None),
        "vae": ("AutoencoderKLFlux2", "small-decoder"),
        "text_encoder": ("Mistral3ForConditionalGeneration", "small")},
}
FLUX2 = {"num_attention_heads": 2, "attention_head_dim": 128, "num_layers": 2,
         "num_single_layers": 3, "joint_attention_dim": 144, "guidance_embeds": False}
# What one file puts before each network: place → prefix.
ONE_FILE = {
    "FluxPipeline": {
        "transformer": "model.diffusion_model.", "vae": "vae.",
        "text_encoder": "text_encoders.clip_l.transformer.",
        "text_encoder_2": "text_encoders.t5xxl.transformer."},
    "StableDiffusion3Pipeline": {
        "transformer": "model.diffusion_model.", "vae": "first_stage_model.",
        "text_encoder": "text_encoders.clip_l.transformer.",
        "text_encoder_2": "text_encoders.clip_g.transformer.",
        "text_encoder_3": "text_encoders.t5xxl.transformer."},
}


def networks(name):
    """place → network with random bits."""
    result = {}
    for number, (place, (class_name, variant)) in enumerate(PIPELINES[name].items()):
        kind = getattr(diffusers, class_name, None) or getattr(transformers, class_name)
        values = FLUX2 if class_name == "Flux2Transformer2DModel" \
            else tiny_configuration(class_name, variant)
        result[place] = build(kind, values, torch.bfloat16, number)
        plant_specials(result[place])
    return result


def save_pipeline(folder, name, parts):
    """The folder, with files in the places of scheduler and tokenizers that nobody could guess."""
    index = {"_class_name": name, "_diffusers_version": diffusers.__version__,
             "feature_extractor": [None, None], "scheduler": ["diffusers", "AnyScheduler"]}
    for place, network in parts.items():
        network.save_pretrained(folder / place, max_shard_size="1MB")
        index[place] = [type(network).__module__.split(".")[0], type(network).__name__]
        if place.startswith("text_encoder"):
            tokenizer = place.replace("text_encoder", "tokenizer")
            index[tokenizer] = ["transformers", "AnyTokenizer"]
            write(folder / tokenizer / "tokenizer_config.json", f'{{"of":\t"{place}" }}')
            write(folder / tokenizer / "merges.txt", "ä ö\r\nno newline at the end")
    write(folder / "scheduler/scheduler_config.json", '{"shift": 3.0,\n\n"any": [1e-5, null]}')
    write(folder / "model_index.json", json.dumps(index))
    write(folder / "README.md", "---\nlicense: other\n---\n")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def other_files(folder, places):
    """Path → bytes of everything that is not weights of the parts of the pipeline."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("**/*")
            if path.is_file() and ".safetensors" not in path.name
            and (path.parent == folder or path.relative_to(folder).parts[0] in places)}


def check_folder(judge, source, output, report, what, read=None):
    """The same pipeline: every other file byte for byte, every network with the same tensors.

    `read` is the folder that was converted, where it is not the one that the output has to equal.
    """
    read = read or source
    index = json.loads((source / "model_index.json").read_text())
    places = {place for place, value in index.items() if isinstance(value, list)}
    found, expected = other_files(output, places), other_files(source, places)
    judge.check(found.keys() == expected.keys(),
                f"{what}: files are {sorted(found.keys() ^ expected.keys())[:6]}")
    judge.check(found == expected, f"{what}: other bytes in "
                f"{[name for name in expected if found.get(name) != expected[name]]}")
    parts = {place for place in places if list((source / place).glob("*.safetensors"))}
    components = {component["name"]: component for component in report["components"]}
    judge.check(components.keys() == parts and not report["left_out"],
                f"{what}: {parts}, the report has {components.keys()}")
    copied = {file["name"]: file["bytes"] for file in report["copied"]}
    documents = {f"{part}/config.json" for part in parts}
    judge.check(copied == {name: len(data) for name, data in expected.items()
                           if name not in documents}, f"{what}: the report says what was copied")
    for part in parts & components.keys():
        # Versions of transformers write CLIPTextModel with and without a first part, and read both.
        first = "text_model." if index[part][1] == "CLIPTextModel" else ""
        same_tensors(judge, *({name.removeprefix(first): tensor for name, tensor
                               in weights(folder / part).items()} for folder in (output, source)),
                     f"{what}: {part}")
        check_ledger(judge, weights(read / part), weights(output / part), components[part],
                     f"{what}: {part}")


def check_pipeline(judge, name):
    """A pipeline of tiny networks to the same pipeline, in one file for each or in more."""
    parts = networks(name)
    source = judge.folder / name
    save_pipeline(source, name, parts)
    for size in (None, "3MB"):
        options = [] if size is None else ["--max-shard-size", size]
        output, report = convert_whole(judge, source, f"{name}-{size}", "diffusers", *options)
        if not output.exists():
            continue
        check_folder(judge, source, output, report, output.name)
        for place, network in parts.items():
            family = FAMILIES.get(type(network).__name__)
            if family:
                check_loaded(judge, family, network, output / place, f"{output.name}: {place}")
    there, _ = convert_whole(judge, source, f"{name}-bfl", "bfl")
    back, report = convert_whole(judge, there, f"{name}-back", "diffusers")
    if back.exists():
        check_folder(judge, source, back, report, back.name, there)
    print(f"{name}: {len(parts)} networks, everything else byte for byte", flush=True)


def pictures(folder):
    """What the pipeline draws, with weights that lie alike in memory whatever the files."""
    pipeline = diffusers.Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    for place in ("transformer", "text_encoder", "vae"):
        setattr(pipeline, place, copy.deepcopy(getattr(pipeline, place)))
    return pipeline(
        prompt="a red apple", height=64, width=64, num_inference_steps=2, output_type="pt",
        text_encoder_out_layers=(9, 18, 27), max_sequence_length=32,
        generator=torch.Generator().manual_seed(1)).images


def check_drawing(judge):
    """A real pipeline draws the same picture after the way to BFL's layout and back."""
    expected = pictures(MODEL)
    judge.check(expected.isfinite().all() and expected.std() > 0, "a real picture")
    there, _ = convert_whole(judge, MODEL, "drawing-bfl", "bfl")
    for what, source in (("copied", MODEL), ("there and back", there)):
        output, report = convert_whole(
            judge, source, f"drawing-{what.replace(' ', '-')}", "diffusers",
            "--max-shard-size", "5MB")
        if output.exists():
            check_folder(judge, MODEL, output, report, what, source)
            judge.check(torch.equal(pictures(output), expected), f"{what}: the same picture")
    print("glyph-klein draws the same pictures", flush=True)


def in_one_file(name, parts, with_projection=True):
    """Every tensor under the names that one file has, by the mapping of this judge: place → table."""
    result = {}
    for place, network in parts.items():
        family, tensors = FAMILIES[type(network).__name__], network.state_dict()
        tensors.pop("encoder.embed_tokens.weight", None)  # shared.weight once more
        if family.original:
            tensors = family.original(tensors)
        elif family.name == "CLIPTextModel":
            tensors = {f"text_model.{key}": tensor for key, tensor in tensors.items()}
        if not with_projection and place == "text_encoder":
            tensors.pop("text_projection.weight", None)
        result[place] = {ONE_FILE[name][place] + key: tensor for key, tensor in tensors.items()}
    return result


def check_reading(judge, file, folder, parts):
    """diffusers reads the file of this judge as the networks that it was made of."""
    checkpoint = weights(file)
    for place, network in parts.items():
        family = FAMILIES[type(network).__name__]
        tensors = {name: tensor for name, tensor in network.state_dict().items()
                   if name != "encoder.embed_tokens.weight"}
        if family.single_file:
            loaded = from_single_file(family, file, folder / place, torch.bfloat16)
        elif family.name == "T5EncoderModel":
            loaded = single_file_utils.create_diffusers_t5_model_from_checkpoint(
                family.kind, dict(checkpoint), config=str(folder), subfolder=place,
                torch_dtype=torch.bfloat16)
        else:
            loaded = single_file_utils.create_diffusers_clip_model_from_ldm(
                family.kind, dict(checkpoint), config=str(folder), subfolder=place,
                torch_dtype=torch.bfloat16)
            if place == "text_encoder":
                # diffusers puts the identity in its place.
                tensors.pop("text_projection.weight", None)
        found = {name: tensor for name, tensor in loaded.state_dict().items() if name in tensors}
        same_tensors(judge, found, tensors, f"{file.name}: {place} by diffusers")


def check_one_file(judge, name):
    """One file with everything to a folder for each network, and its transformer to one file."""
    parts = networks(name)
    folder = judge.folder / f"{name}-saved"
    save_pipeline(folder, name, parts)
    for with_projection in (True, False):
        tables = in_one_file(name, parts, with_projection)
        what = f"{name}-{'whole' if with_projection else 'bare'}"
        file = save(judge, f"{what}.safetensors",
                    {key: tensor for table in tables.values() for key, tensor in table.items()})
        check_reading(judge, file, folder, parts)
        output, report = convert_whole(judge, file, what, "diffusers")
        if not output.exists():
            continue
        components = {component["name"]: component for component in report["components"]}
        judge.check(components.keys() == parts.keys() == {path.name for path in output.iterdir()},
                    f"{what}: {components.keys()}, expected {parts.keys()}")
        for place in components.keys() & parts.keys():
            network, component = parts[place], components[place]
            family = FAMILIES[type(network).__name__]
            source = save(judge, f"{what}-{place}.safetensors", tables[place])
            check_component(judge, source, output / place, component, "diffusers", family.stem)
            prefixes = {component["source_prefix"], component["source_prefix"].rstrip(".") + "."}
            judge.check(ONE_FILE[name][place] in prefixes, f"{what}: {place}: {prefixes}")
            lacks = [] if with_projection or place != "text_encoder" else [
                key for key in network.state_dict() if key == "text_projection.weight"]
            # The transformer beside an autoencoder tells whose latents these are.
            untold = set(family.untold) - {"scaling_factor", "shift_factor"}
            check_loaded(judge, family, network, output / place, f"{what}: {place}",
                         untold | ({"projection_dim"} if lacks else set()), lacks)

        alone, report = convert_whole(judge, file, f"{what}-alone.safetensors", "bfl")
        prefix = ONE_FILE[name]["transformer"]
        same_tensors(judge, weights(alone), {
            key.removeprefix(prefix): tensor for key, tensor in tables["transformer"].items()},
            alone.name)
        judge.check({component["name"]: component["tensors"] for component in report["left_out"]}
                    == {place: len(table) for place, table in tables.items()
                        if place != "transformer"}, f"{alone.name}: the report says what is left out")
    print(f"{name}: one file with {len(parts)} networks", flush=True)


def run(judge):
    """Every pipeline, and every kind of file that has several networks."""
    for name in PIPELINES:
        check_pipeline(judge, name)
    for name in ONE_FILE:
        check_one_file(judge, name)
    check_drawing(judge)
