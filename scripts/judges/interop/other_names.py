"""Other names under which files have the same tensors, and which loaders read too."""


def other_names(class_name, written):
    """what → (name in such a file → name as save_pretrained writes it).

    `written` are the names that save_pretrained writes.
    """
    if class_name == "CLIPTextModel":
        return {"as versions of transformers before 5.6 write them, and most published files": {
            f"text_model.{name}": name for name in written}}
    if class_name == "Mistral3ForConditionalGeneration":
        return {"the names that the class has in memory": {
            in_memory(name): name for name in written}}
    if class_name == "Qwen3ForCausalLM":
        return {"as Qwen3Model writes them, which has no lm_head": {
            name.removeprefix("model."): name for name in written if name != "lm_head.weight"}}
    if class_name == "T5EncoderModel":
        return {"with the embedding under both its names":
                {name: name for name in written} | {"encoder.embed_tokens.weight": "shared.weight"}}
    return {}


def in_memory(name):
    """Mistral3ForConditionalGeneration wraps all but the head in another model."""
    for saved, wrapped in (("language_model.model.", "model.language_model."),
                           ("language_model.lm_head.", "lm_head."),
                           ("vision_tower.", "model.vision_tower."),
                           ("multi_modal_projector.", "model.multi_modal_projector.")):
        if name.startswith(saved):
            return wrapped + name.removeprefix(saved)
    raise KeyError(name)
