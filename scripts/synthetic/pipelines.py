"""Pipeline folders as diffusers writes them, and files that hold a whole pipeline."""

import json

TOKENIZERS = {"Qwen3ForCausalLM": "Qwen2TokenizerFast", "T5EncoderModel": "T5TokenizerFast",
              "CLIPTextModel": "CLIPTokenizer", "CLIPTextModelWithProjection": "CLIPTokenizer",
              "Mistral3ForConditionalGeneration": "PixtralProcessor"}
PIPELINES = {"FluxTransformer2DModel": "FluxPipeline",
             "SD3Transformer2DModel": "StableDiffusion3Pipeline"}


def role(component):
    if component.class_name.endswith("Transformer2DModel"):
        return "transformer"
    return "vae" if component.class_name.startswith("Autoencoder") else "text_encoder"


def subfolders(components):
    """subfolder → component; text encoders are numbered in the order in which they are given."""
    result = {}
    for component in components:
        name = role(component)
        count = sum(other == name or other.startswith(f"{name}_") for other in result)
        if count and name != "text_encoder":
            raise ValueError(f"a pipeline has one {name}: {component.model} is another")
        result[name if count == 0 else f"{name}_{count + 1}"] = component
    return result


def pipeline_class(components):
    names = {component.class_name for component in components}
    for name, pipeline in PIPELINES.items():
        if name in names:
            return pipeline
    klein = any(component.class_name == "Qwen3ForCausalLM" for component in components)
    return "Flux2KleinPipeline" if klein else "Flux2Pipeline"


def write_stand_ins(folder, components):
    """model_index.json, and scheduler and tokenizers that say whose place they take."""
    places = subfolders(components)
    index = {"_class_name": pipeline_class(components), "_diffusers_version": "0.42.1"}
    if index["_class_name"] == "Flux2KleinPipeline":
        index["is_distilled"] = True
    index["scheduler"] = ["diffusers", "FlowMatchEulerDiscreteScheduler"]
    for place, component in places.items():
        index[place] = [component.package, component.class_name]
        if place.startswith("text_encoder"):
            tokenizer, name = TOKENIZERS[component.class_name], place.replace("text_encoder", "tokenizer")
            index[name] = ["transformers", tokenizer]
            (folder / name).mkdir(parents=True, exist_ok=True)
            write(folder / name / "tokenizer_config.json", {
                "tokenizer_class": tokenizer, "stands_in_for": component.repositories})
    write(folder / "model_index.json", index)
    (folder / "scheduler").mkdir(exist_ok=True)
    write(folder / "scheduler/scheduler_config.json", {
        "_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.42.1",
        "num_train_timesteps": 1000, "shift": 3.0})


def write(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def in_one_file(components):
    """All tensors behind the prefixes that a file with a whole pipeline has."""
    prefixes = {"transformer": "model.diffusion_model.", "vae": "first_stage_model.",
                "text_encoder": ""}  # which have theirs already
    shapes, integers = {}, set()
    for component in subfolders(components).values():
        prefix = prefixes[role(component)]
        shapes |= {prefix + name: shape for name, shape in component.tensors.items()}
        integers |= {prefix + name for name in component.integers}
    return shapes, integers
