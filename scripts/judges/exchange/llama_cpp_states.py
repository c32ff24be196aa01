"""What llama.cpp makes of texts: their tokens, and the states behind the last layer's norm.

    llama_cpp_states.py FILE.gguf < TEXTS.json

Runs in an environment of its own, with the package xllamacpp.
"""

import importlib.metadata
import json
import sys
import urllib.request

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.embedding = True
parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE
parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 256
parameters.n_gpu_layers, parameters.n_parallel, parameters.warmup = 0, 1, False
parameters.cpuparams.n_threads, parameters.verbosity, parameters.port = 1, -1, 0
# Keys and values would be rounded to float16.
parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
server = xllamacpp.Server(parameters)


def ask(path, **body):
    request = urllib.request.Request(
        server.listening_address + path, json.dumps(body).encode(),
        {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


runs = [{
    "tokens": ask("/tokenize", content=text, add_special=True, parse_special=True)["tokens"],
    "states": ask("/embeddings", content=text, embd_normalize=-1)[0]["embedding"],
} for text in json.load(sys.stdin)]
version = importlib.metadata.version("xllamacpp")
print(json.dumps({"name": f"llama.cpp in xllamacpp {version}", "runs": runs}))
