"""GGUF files of text encoders: in transformers, against ggml's Python package, and in llama.cpp.

transformers decodes what it loads to float32, so its values have to be ours. It takes heads to be 128
wide, whatever the file says, which the published models are and the fixture is not: its sizes are
said. llama.cpp computes with the blocks themselves and rounds activations to 8 bits for them; its
tokenizer is made of the file alone.
"""

import json
import pathlib
import subprocess

import gguf
import numpy as np
import torch
import transformers
from exported import TEXT_ENCODER, export, same_values, values
from forward import FLOAT32_LIMIT, INT8_ACTIVATIONS_LIMIT
from harness import MODEL
from judge_text_encoders import embeddings, load, prompts, relative_error
from safetensors.torch import load_file
from tiny_models import QWEN3, build

NAME = f"transformers {transformers.__version__}"
TARGETS = [f"gguf:{kind}" for kind in (
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q5_1", "Q4_K", "Q6_K", "IQ4_XS", "Q4_K_M", "Q5_K_M")]
# A layer whose activations are rounded is off by half a unit of them, and layers' errors add up as
# independent ones do.
LAYERS = 28
LLAMA_CPP = {
    "F32": ("float32", FLOAT32_LIMIT),
    "F16": ("float16 activations", 2**-11 * LAYERS**0.5),
    "BF16": ("bfloat16 activations", 2**-9 * LAYERS**0.5),
    "Q8_0": ("int8 activations", INT8_ACTIVATIONS_LIMIT * LAYERS**0.5),
    "Q4_K_M": ("int8 activations", INT8_ACTIVATIONS_LIMIT * LAYERS**0.5),
}


def loaded(path, config=None):
    """The network by transformers' own loader."""
    options = {} if config is None else {"config": config}
    return transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, **options).eval()


def weights(model, names):
    """name → tensor, without the head that is the embedding."""
    return {name: tensor for name, tensor in model.state_dict().items()
            if name in names or name != "lm_head.weight"}


def texts():
    """The prompts of the goldens as the pipeline writes them to the text encoder."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL / "tokenizer")
    return tokenizer, [tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True,
        enable_thinking=False) for prompt in prompts()]


def judge_tokenizer(judge, path):
    """What transformers makes of the metadata splits text as the tokenizer of the folder does."""
    original, written = texts()
    found = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    for text in written + ["Größe 1234, it's\r\n\n  naïve <think> ¿qué?", "日本 \U0001F427"]:
        judge.check(found(text).input_ids == original(text).input_ids,
                    f"the tokenizer of {path.name} splits {text!r} in another way")


def judge_metadata(judge, path):
    """Names and entries are what ggml's package has for them."""
    reader = gguf.GGUFReader(path)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, LAYERS)
    expected = {names.get_name(name, try_suffixes=(".weight",)) for name in
                load_file(TEXT_ENCODER / "model.safetensors")}
    found = {tensor.name for tensor in reader.tensors}
    judge.check(found == expected, f"other names of tensors: {sorted(found ^ expected)[:4]}")
    config = json.loads((TEXT_ENCODER / "config.json").read_text())
    key = lambda template: template.format(arch="qwen3")
    llm, attention, rope = gguf.Keys.LLM, gguf.Keys.Attention, gguf.Keys.Rope
    numbers = {
        key(llm.BLOCK_COUNT): config["num_hidden_layers"],
        key(llm.CONTEXT_LENGTH): config["max_position_embeddings"],
        key(llm.EMBEDDING_LENGTH): config["hidden_size"],
        key(llm.FEED_FORWARD_LENGTH): config["intermediate_size"],
        key(llm.VOCAB_SIZE): config["vocab_size"],
        key(attention.HEAD_COUNT): config["num_attention_heads"],
        key(attention.HEAD_COUNT_KV): config["num_key_value_heads"],
        key(attention.KEY_LENGTH): config["head_dim"],
        key(attention.VALUE_LENGTH): config["head_dim"],
        key(attention.LAYERNORM_RMS_EPS): float(np.float32(config["rms_norm_eps"])),
        key(rope.FREQ_BASE): float(config["rope_theta"]),
    }
    special = judge.folder / "special"
    special.mkdir(exist_ok=True)
    for file in (MODEL / "tokenizer" / "tokenizer.json", MODEL / "tokenizer" / "tokenizer_config.json",
                 TEXT_ENCODER / "config.json"):
        (special / file.name).write_bytes(file.read_bytes())
    vocabulary = gguf.SpecialVocab(special, load_merges=True)
    tokenizer = gguf.Keys.Tokenizer
    names = {"bos": tokenizer.BOS_ID, "eos": tokenizer.EOS_ID, "pad": tokenizer.PAD_ID}
    numbers |= {names[kind]: number for kind, number in vocabulary.special_token_ids.items()}
    numbers[tokenizer.MERGES] = vocabulary.merges
    numbers[tokenizer.MODEL], numbers[tokenizer.PRE] = "gpt2", "qwen2"
    for name, value in numbers.items():
        field = reader.get_field(name)
        judge.check(field is not None and field.contents() == value,
                    f"{name} is {field and str(field.contents())[:60]}, expected {str(value)[:60]}")


def judge_target(judge, target):
    """The row of a file in transformers."""
    row = {"target": target, "component": "text_encoder", "runtime": NAME, "loaded": False}
    path, _ = export(judge, target, TEXT_ENCODER, name=f"text-{target}".replace(":", "-"))
    if not path.exists():
        return row, path
    try:
        model = loaded(path, transformers.AutoConfig.from_pretrained(TEXT_ENCODER))
    except Exception as error:  # whatever the loader raises is its refusal
        judge.check(False, f"{target}: {NAME} refuses it: {type(error).__name__}: {error}")
        return row | {"refusal": f"{type(error).__name__}: {error}"[:300]}, path
    ours = values(judge, path)
    row |= {"loaded": True, "values": same_values(
        judge, weights(model, ours), ours, f"text encoder, {target}")}
    plain = load(TEXT_ENCODER)
    plain.load_state_dict(ours, strict=False)
    found = embeddings(model)
    error = relative_error(found, embeddings(plain))
    judge.check(error <= FLOAT32_LIMIT, f"text encoder, {target}: embeddings {error:.2g} from those "
                f"of the decoded weights, expected at most {FLOAT32_LIMIT:.2g}")
    stored = sum(int(tensor.n_bytes) for tensor in gguf.GGUFReader(path).tensors)
    return row | {
        "bits_per_weight": 8 * stored / sum(tensor.numel() for tensor in ours.values()),
        "forward_error": error, "arithmetic": "float32",
        "embedding_relative_error": relative_error(found, torch.stack(list(prompts().values()))),
    }, path


def judge_llama_cpp(judge, target, path, python):
    """The row of a file in llama.cpp: its tokens, and its states behind the last layer."""
    arithmetic, limit = LLAMA_CPP[target.removeprefix("gguf:")]
    tokenizer, written = texts()
    process = subprocess.run(
        [python, pathlib.Path(__file__).with_name("llama_cpp_states.py"), path],
        input=json.dumps(written), capture_output=True, text=True)
    row = {"target": target, "component": "text_encoder", "runtime": "llama.cpp", "loaded": False}
    if not judge.check(process.returncode == 0,
                       f"{target}: llama.cpp refuses it: {process.stderr.strip()[-300:]}"):
        return row | {"refusal": process.stderr.strip()[-300:]}
    said = json.loads(process.stdout.splitlines()[-1])
    for text, run in zip(written, said["runs"]):
        judge.check(run["tokens"] == tokenizer(text).input_ids,
                    f"{target}: llama.cpp splits {text!r} in another way")
    plain = load(TEXT_ENCODER)
    plain.load_state_dict(values(judge, path), strict=False)
    with torch.no_grad():
        expected = [plain.model(torch.tensor([run["tokens"]])).last_hidden_state[0]
                    for run in said["runs"]]
    error = relative_error([torch.tensor(run["states"]) for run in said["runs"]], expected)
    judge.check(error <= limit, f"{target}: llama.cpp's states are {error:.2g} from those of the decoded "
                f"weights, expected at most {limit:.2g} of {arithmetic}")
    return row | {"runtime": said["name"], "loaded": True, "forward_error": error,
                  "arithmetic": arithmetic}


def judge_published_heads(judge):
    """A network with heads 128 wide and a head of its own loads without being told anything."""
    folder = judge.folder / "text-128"
    build(transformers.Qwen3ForCausalLM, QWEN3 | {
        "hidden_size": 64, "intermediate_size": 96, "tie_word_embeddings": False,
        "rope_theta": 5000000, "rms_norm_eps": 1e-5}, torch.bfloat16).save_pretrained(folder)
    path, _ = export(judge, "gguf:Q8_0", folder, name="text-128")
    model, ours = loaded(path), values(judge, path)
    judge.check("lm_head.weight" in ours, "the head is read")
    same_values(judge, weights(model, ours), ours, "heads 128 wide")
    config = model.config
    judge.check((config.rope_parameters["rope_theta"], round(config.rms_norm_eps, 9)) == (5e6, 1e-5),
                "the numbers that no shape tells are those of the source")


def judge_other_writers(judge):
    """A file that ggml's package wrote is read: its values, and the numbers in its metadata."""
    path = judge.folder / "other-writer.gguf"
    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_rope_freq_base(5e6)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_block_count(LAYERS)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, LAYERS)
    expected = {}
    for name, tensor in load_file(TEXT_ENCODER / "model.safetensors").items():
        array = tensor.float().numpy()
        kind = gguf.GGMLQuantizationType.Q8_0 if array.ndim == 2 else gguf.GGMLQuantizationType.F32
        data = gguf.quants.quantize(array, kind)
        expected[name] = torch.from_numpy(
            np.array(gguf.quants.dequantize(data, kind)).reshape(array.shape))
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    same_values(judge, expected, values(judge, path), "ggml's package")
    folder = judge.folder / "other-writer"
    judge.tool("mmdit-convert", path, "--dequantize", "--layout", "diffusers", "--output", folder)
    config = json.loads((folder / "config.json").read_text())
    judge.check((config["rope_theta"], config["rms_norm_eps"], config["head_dim"])
                == (5000000, 1e-5, 64), f"config.json has the file's numbers: {config}")


def run(judge, llama_cpp=None):
    rows = []
    for target in TARGETS:
        row, path = judge_target(judge, target)
        rows.append(row)
        if target == "gguf:F32" and path.exists():
            judge_tokenizer(judge, path)
            judge_metadata(judge, path)
        if llama_cpp and path.exists() and target.removeprefix("gguf:") in LLAMA_CPP:
            rows.append(judge_llama_cpp(judge, target, path, llama_cpp))
    judge_published_heads(judge)
    judge_other_writers(judge)
    return rows
