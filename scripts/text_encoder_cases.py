"""Tiny random text encoders of both kinds, and the hidden states that transformers gives of prompts.

A folder of cases has a folder for each model, `cases.json` (`producer`, and for each case `id`,
`model`, `layers` and `prompts` with `identifiers` and `mask`, 0 for padding) and
`states.safetensors`: `ID.PROMPT` is [tokens, layers x width], the entries of `hidden_states` side by
side.
"""

import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file

PRODUCER = (f"transformers {transformers.__version__}, torch {torch.__version__}, "
            "float32 on CPU, "
            "sdpa attention")
# Nothing has the size of anything else; 4 query heads share 2 heads of keys and values.
SIZES = {"hidden_size": 48, "intermediate_size": 56, "num_hidden_layers": 4,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 128,
         "max_position_embeddings": 512}
QWEN3 = SIZES | {"rms_norm_eps": 1e-6, "rope_theta": 1e6, "tie_word_embeddings": True,
                 "use_sliding_window": False, "attn_implementation": "sdpa"}
MISTRAL3 = {
    "tie_word_embeddings": False, "image_token_index": 10, "attn_implementation": "sdpa",
    "text_config": SIZES | {"model_type": "mistral", "rms_norm_eps": 1e-5, "rope_theta": 1e9,
                            "sliding_window": None},
    # Not saved: it takes no part in encoding a prompt.
    "vision_config": {"model_type": "pixtral", "hidden_size": 16, "intermediate_size": 16,
                      "num_attention_heads": 1, "num_hidden_layers": 1, "head_dim": 16,
                      "image_size": 28, "patch_size": 14}}
KINDS = {"qwen3": (transformers.Qwen3ForCausalLM, QWEN3),
         "mistral3": (transformers.Mistral3ForConditionalGeneration, MISTRAL3)}


def fill(network, seed):
    """Weights of a stream that neither fades nor explodes, exact in bfloat16; norms around 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(network.named_parameters()):
            noise = torch.randn(tensor.shape, generator=generator)
            if tensor.ndim == 1:
                values = 1 + 0.2 * noise
            elif "embed_tokens" in name:
                values = noise
            else:
                values = 1.5 * noise / tensor.shape[1] ** 0.5
            tensor.copy_(values.bfloat16().float())


def network(kind, seed, **sizes):
    """A random network of a kind; `sizes` replace those of its stack."""
    network_class, configuration = KINDS[kind]
    configuration = json.loads(json.dumps(configuration))
    configuration.get("text_config", configuration).update(sizes)
    result = network_class(network_class.config_class(**configuration)).float().eval()
    assert result.config._attn_implementation == "sdpa"
    fill(result, seed)
    return result


def save(network, folder, type=torch.bfloat16):
    """The text tower as save_pretrained writes it, without the head."""
    folder = pathlib.Path(folder)
    network.config.save_pretrained(folder)
    names = {"model.language_model.": "language_model.model."}
    tensors = {}
    for name, tensor in network.state_dict().items():
        for old, new in names.items():
            name = name.replace(old, new)
        if "lm_head" not in name and "vision_tower" not in name and "projector" not in name:
            tensors[name] = tensor.to(type).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    return tensors


def prompt(generator, count, left=0, right=0, vocabulary=128, padding=0):
    """A prompt of `count` tokens, so many of them padding on the left and on the right."""
    tokens = torch.randint(1, vocabulary, (count - left - right,), generator=generator).tolist()
    return {"identifiers": [padding] * left + tokens + [padding] * right,
            "mask": [0] * left + [1] * len(tokens) + [0] * right}


def states(network, prompt, layers):
    """The entries `layers` of the hidden states of one prompt, side by side: [L, layers x D]."""
    with torch.no_grad():
        output = network(
            input_ids=torch.tensor([prompt["identifiers"]]),
            attention_mask=torch.tensor([prompt["mask"]]), output_hidden_states=True,
            use_cache=False)
    return torch.cat([output.hidden_states[layer][0] for layer in layers], dim=-1).contiguous()


def case(network, identifier, model, prompts, layers, tensors):
    """One case for cases.json; its hidden states go to `tensors`."""
    for index, each in enumerate(prompts):
        tensors[f"{identifier}.{index}"] = states(network, each, layers)
    return {"id": identifier, "model": model, "layers": layers, "prompts": prompts}


def write(folder, cases, tensors):
    folder = pathlib.Path(folder)
    lines = ",\n".join("  " + json.dumps(each) for each in cases)
    (folder / "cases.json").write_text(
        f'{{\n "producer": {json.dumps(PRODUCER)},\n "cases": [\n{lines}\n ]\n}}\n')
    save_file(tensors, folder / "states.safetensors", metadata={"producer": PRODUCER})
    (folder / "states.safetensors").chmod(0o644)
