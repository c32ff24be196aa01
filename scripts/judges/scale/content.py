"""Whether what was written has the values of the source: samples of every kind of tensor, by numpy."""

import json
import pathlib
import sys

import numpy as np

PLACE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PLACE / "quantization"))
import judge_quantization
from read_bundle import Bundle, to_float32
from synthetic import components

SAMPLED_ROWS = 50


class Files:
    """The rows of tensors in BF16 of some safetensors files, read without the rest of them."""

    def __init__(self, paths):
        self.places = {}
        for path in paths:
            with open(path, "rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = json.loads(file.read(length))
            for name, entry in header.items():
                if name != "__metadata__":
                    begin = 8 + length + entry["data_offsets"][0]
                    self.places[name] = (path, entry["shape"], begin)

    @property
    def shapes(self):
        return {name: shape for name, (_, shape, _) in self.places.items()}

    def read(self, name, first, count):
        """Rows, of a vector values, as stored."""
        path, shape, begin = self.places[name]
        width = 2 * (shape[1] if len(shape) > 1 else 1)
        with open(path, "rb") as file:
            file.seek(begin + width * first)
            return file.read(width * count)

    def values(self, name, rows):
        columns = self.places[name][1][-1]
        return to_float32(self.read(name, rows.start, len(rows)), "BF16").reshape(-1, columns)


def check_conversion(judge, source, output, report, model, depth):
    """To the layout of the first publication: names, shapes, and of every tensor the rows at both
    ends of every run, as the ledger names them; parts of fused tensors as the layout has them."""
    target, [part] = Files([output]), report["components"]
    judge.check(target.shapes == components.load(model, "original", depth).tensors,
                f"{model}: names and shapes of the layout")
    compared = 0
    for entry in part["ledger"]:
        place = 0
        for run in entry["rows"]:
            for row in {0, run["count"] - 1}:
                compared += 1
                judge.check(
                    target.read(entry["name"], place + row, 1)
                    == source.read(run["source"], run["first"] + row, 1),
                    f"{model}: row {place + row} of {entry['name']}")
            place += run["count"]
    runs = {entry["name"]: [(run["source"], run["first"]) for run in entry["rows"]]
            for entry in part["ledger"]}
    block = "transformer_blocks.0.attn"
    judge.check(runs["double_blocks.0.txt_attn.qkv.weight"]
                == [(f"{block}.add_{kind}_proj.weight", 0) for kind in "qkv"],
                f"{model}: queries, keys and values in one")
    name = "norm_out.linear.weight"
    judge.check(runs["final_layer.adaLN_modulation.1.weight"]
                == [(name, source.shapes[name][0] // 2), (name, 0)], f"{model}: halves swapped")
    print(f"  names, shapes and {compared} rows compared with the source", flush=True)


def decode(bundle, name, rows):
    """Some rows of a quantized tensor as float32; schemes are symmetric."""
    def segment(kind):
        data = np.frombuffer(bundle.segment(name, kind), np.uint8)
        return data.reshape(bundle.rows(name), -1)[rows.start:rows.stop]

    scheme, columns = bundle.tensors[name]["scheme"], bundle.columns(name)
    codes = segment("codes")
    if scheme["bits"] == 8:
        levels = codes.view(np.int8)
    else:
        levels = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(rows), -1).astype(int) - 8
    scales = to_float32(segment("scales").tobytes(), scheme["scale"]).reshape(len(rows), -1)
    size = columns if scheme["group"] == "row" else scheme["group"]
    return np.repeat(scales, size, axis=1)[:, :columns] * levels[:, :columns].astype(np.float32)


def check_bundle(judge, source, path, recipe, step):
    """The whole file is as its header says; every step-th quantized tensor is what the source has."""
    bundle = Bundle(path)
    bundle.check()
    picked = [name for name, tensor in bundle.tensors.items() if "scheme" in tensor][::step]
    for name in picked:
        first = bundle.rows(name) // 2
        rows = range(first, first + SAMPLED_ROWS)
        weights, decoded = source.values(name, rows), decode(bundle, name, rows)
        if recipe == "int8":
            *_, expected = judge_quantization.quantize(weights, "int8", None, True, "bf16")
            judge.check(decoded.tobytes() == expected, f"{recipe}: {name} is as by numpy")
        error = np.linalg.norm(decoded - weights) / np.linalg.norm(weights)
        # The error of uniform rounding is 1 / √12 of a level, and a level an eighth of the largest
        # of 64 normal numbers, nearly always below 4 standard deviations, or the 127th part of the
        # largest of a row, below 6. The search for the least squared error makes it smaller.
        limit = 4 / 8 / 12**0.5 if recipe == "int4-g64" else 6 / 127 / 12**0.5
        judge.check(error < limit, f"{recipe}: {name} has a relative error of {error}")
    kept = next(name for name, tensor in bundle.tensors.items() if "dtype" in tensor)
    rows = range(bundle.rows(kept))
    judge.check((bundle.decode(kept) == source.values(kept, rows)).all(), f"{kept} is kept")
    print(f"  every checksum, {len(picked)} tensors and {kept} compared with the source", flush=True)
