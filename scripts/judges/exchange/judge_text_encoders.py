"""Text encoders in transformers: the folders that diffusers' pipelines and vLLM load them from."""

import functools
import importlib.metadata
import json

import bitsandbytes
import sdnq  # registers itself with transformers
import torch
import transformers
from diffusers import Flux2KleinPipeline
from exported import TEXT_ENCODER, export, same_values, values
from forward import FLOAT32_LIMIT, INT8_ACTIVATIONS_LIMIT
from harness import GOLDENS, MODEL
from judge_bitsandbytes import decoded
from safetensors.torch import load_file
from sdnq.utils import get_sdnq_params

# (target, package, arithmetic, limit). Twenty-seven layers each of which rounds its activations to 8
# bits, without norms between the residual path and what is compared: their errors add up as
# independent ones do.
TARGETS = [
    ("compressed-tensors:int4", "compressed-tensors", "float32", FLOAT32_LIMIT),
    ("compressed-tensors:int8", "compressed-tensors", "float32", FLOAT32_LIMIT),
    ("bitsandbytes:nf4", "bitsandbytes", "float32", FLOAT32_LIMIT),
    ("bitsandbytes:int8", "bitsandbytes", "int8 activations, float16", INT8_ACTIVATIONS_LIMIT * 27**0.5),
    ("sdnq:int8", "sdnq", "float32", FLOAT32_LIMIT),
    ("sdnq:int4", "sdnq", "float32", FLOAT32_LIMIT),
]


@functools.lru_cache
def prompts():
    """prompt → its embedding in a golden, of the runs with 64 tokens."""
    runs = json.loads(GOLDENS.with_suffix(".json").read_text())["goldens"]
    tensors = load_file(GOLDENS)
    return {run["prompt"]: tensors[f"{run['id']}.prompt_embeds"] for run in runs
            if run.get("max_sequence_length", 64) == 64}


def embeddings(model):
    """What the pipeline makes of every prompt of the goldens, [prompts, 64, 384] of float32."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL / "tokenizer")
    with torch.no_grad():
        return torch.cat([Flux2KleinPipeline._get_qwen3_prompt_embeds(
            model, tokenizer, prompt, max_sequence_length=64).float() for prompt in prompts()])


def load(path):
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    for module in model.modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            module.compute_dtype = torch.float32
    # With bitsandbytes, transformers leaves what is not quantized in the type it is stored in.
    for parameter in model.parameters():
        if parameter.is_floating_point():
            parameter.data = parameter.data.float()
    return model


def weights(model):
    """name → float32 of a loaded model, decoded by the functions of what quantized it."""
    result = {}
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        if weight is None:
            continue
        if hasattr(module, "sdnq_dequantizer"):
            weight = module.sdnq_dequantizer(
                **get_sdnq_params(module), dtype=torch.float32,
                skip_quantized_matmul=module.sdnq_dequantizer.use_quantized_matmul)
        elif isinstance(module, (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt)):
            weight = decoded(module)
        result[f"{name}.weight"] = weight.detach().float()
    return result


def relative_error(found, expected):
    """The largest ‖found − expected‖ / ‖expected‖ of a prompt."""
    return max(float(torch.linalg.norm((f - e).double()) / torch.linalg.norm(e.double()))
               for f, e in zip(found, expected))


def judge_target(judge, target, package, arithmetic, limit):
    name = f"transformers {transformers.__version__}, {package} {importlib.metadata.version(package)}"
    row = {"target": target, "component": "text_encoder", "runtime": name, "loaded": False}
    path, _ = export(judge, target, TEXT_ENCODER, name=f"text-{target}".replace(":", "-"))
    if not path.exists():
        return row
    try:
        model = load(path)
        found = embeddings(model)  # compressed-tensors decodes on the first call
    except Exception as error:  # whatever the loader raises is its refusal
        judge.check(False, f"{target}: {name} refuses it: {type(error).__name__}: {error}")
        return row | {"refusal": f"{type(error).__name__}: {error}"[:300]}
    ours, theirs = values(judge, path), weights(model)
    theirs = {key: tensor for key, tensor in theirs.items() if key in ours or "lm_head" not in key}
    row |= {"loaded": True, "values": same_values(judge, theirs, ours, f"text encoder, {target}")}
    plain = load(TEXT_ENCODER)
    plain.load_state_dict(ours, strict=False)
    error = relative_error(found, embeddings(plain))
    judge.check(error <= limit, f"text encoder, {target}: embeddings {error:.2g} from those of the "
                f"decoded weights, expected at most {limit:.2g} of {arithmetic}")
    stored = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    count = sum(tensor.numel() for tensor in ours.values())
    return row | {
        "bits_per_weight": 8 * stored / count, "forward_error": error, "arithmetic": arithmetic,
        "embedding_relative_error": relative_error(found, torch.stack(list(prompts().values()))),
    }


def run(judge):
    return [judge_target(judge, *target) for target in TARGETS]
