"""Tensors compared by their bits: NaNs, signed zeros and subnormals are among them."""

import torch
from safetensors.torch import load_file

INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}
# NaNs with and without payload, infinities, -0 and subnormals.
SPECIALS = {
    torch.bfloat16: [0x7FC1, 0x7F81, -1, 0x7F80, -0x8000, 1, 0x7F],
    torch.float32: [0x7FC00001, 0x7F800001, -1, 0x7F800000, -0x80000000, 1, 0x7FFFFF],
}


def bits(tensor):
    return tensor.contiguous().view(INTEGERS[tensor.element_size()])


def plant_specials(network):
    """Values that arithmetic would change, at the start of every tensor."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                values = bits(tensor).view(-1)
                count = min(len(values), 7)
                values[:count] = torch.tensor(
                    SPECIALS[tensor.dtype][:count], dtype=values.dtype)


def same_tensors(judge, found, expected, what):
    """Both have the same names, and each tensor the same type, shape and bits."""
    judge.check(set(found) == set(expected),
                f"{what}: names differ: {sorted(set(found) ^ set(expected))[:4]}")
    for name in found.keys() & expected.keys():
        ours, theirs = found[name], expected[name]
        judge.check(
            ours.dtype == theirs.dtype and ours.shape == theirs.shape
            and torch.equal(bits(ours), bits(theirs)),
            f"{what}: {name}: {ours.dtype} {list(ours.shape)}, expected {theirs.dtype} "
            f"{list(theirs.shape)} with the same bits")


def same_outputs(judge, found, expected, what):
    judge.check(all(tensor.isfinite().all() and tensor.std() > 0 for tensor in expected),
                f"{what}: a real output")
    judge.check(len(found) == len(expected)
                and all(map(torch.equal, found, expected)), f"{what}: the output of the network")


def weights(path):
    """All tensors of a file, a folder, an index or the transformer of a pipeline, by the package."""
    if path.suffix == ".json":
        path = path.parent
    elif (path / "model_index.json").exists():
        path = path / "transformer"
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {name: tensor for file in files for name, tensor in load_file(file).items()}
