"""A small FLUX.2 transformer in every precision that checkpoints come in, and what it must decode to.

Nothing here is shared with the suite: codes are made and decoded by numpy and ml_dtypes, rotations
by whole matrices, and rounding by the definition.
"""

import json
import math
import struct

import ml_dtypes
import numpy as np

E4M3, E5M2, BF16 = ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.bfloat16
NUMPY = {"F64": "f8", "F32": "f4", "F16": "f2", "BF16": BF16, "F8_E4M3": E4M3, "F8_E5M2": E5M2,
         "I8": "i1", "U8": "u1", "I32": "i4", "U32": "u4", "F8_E8M0": "u1"}
# Bits of precision, exponent of the least subnormal, and the largest finite number.
ROUNDING = {"f32": (24, -149, float(np.finfo("f4").max)), "f16": (11, -24, 65504.0),
            "bf16": (8, -133, float(ml_dtypes.finfo(BF16).max))}
STORED = {"f32": "F32", "f16": "F16", "bf16": "BF16"}
H4 = np.array([[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]])

D, K, M, C, T = 64, 16, 192, 8, 48  # width, head, feed-forward, channels, text width
PLAIN = ("img_in.weight", "final_layer.linear.weight")  # matrices that stay BF16 beside codes


def shapes(text_width=T):
    table = {
        "img_in.weight": [D, C], "txt_in.weight": [D, text_width],
        "time_in.in_layer.weight": [D, 256], "time_in.out_layer.weight": [D, D],
        "double_stream_modulation_img.lin.weight": [6 * D, D],
        "double_stream_modulation_txt.lin.weight": [6 * D, D],
        "single_stream_modulation.lin.weight": [3 * D, D],
        "final_layer.adaLN_modulation.1.weight": [2 * D, D], "final_layer.linear.weight": [C, D],
    }
    for stream in ("img", "txt"):
        name = f"double_blocks.0.{stream}"
        table |= {
            f"{name}_attn.qkv.weight": [3 * D, D], f"{name}_attn.norm.query_norm.scale": [K],
            f"{name}_attn.norm.key_norm.scale": [K], f"{name}_attn.proj.weight": [D, D],
            f"{name}_mlp.0.weight": [2 * M, D], f"{name}_mlp.2.weight": [D, M]}
    name = "single_blocks.0"
    return table | {
        f"{name}.linear1.weight": [3 * D + 2 * M, D], f"{name}.linear2.weight": [D, D + M],
        f"{name}.norm.query_norm.scale": [K], f"{name}.norm.key_norm.scale": [K]}


def network(seed, text_width=T):
    """name → float64 values."""
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 0.1, shape) for name, shape in shapes(text_width).items()}


def write(path, tensors, metadata=None):
    """tensors: name → (dtype, array). In the order given."""
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, array) in tensors.items():
        array = np.asarray(array)
        bits = array.view("u1") if array.dtype.kind == "V" or array.itemsize == 1 else array
        raw = np.ascontiguousarray(bits).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def plain(values, dtype):
    return dtype, values.astype(NUMPY[dtype])


def rounded(values, target):
    """float64 values rounded once, to nearest even, to a target type; and where they overflowed."""
    precision, least, largest = ROUNDING[target]
    finite = np.isfinite(values)
    x = np.where(finite, values, 0)
    exponent = np.maximum(np.frexp(x)[1] - precision, least)
    # Both scalings are exact: by powers of two, and of integers of few bits.
    result = np.ldexp(np.rint(np.ldexp(x, -exponent)), exponent)
    over = np.abs(result) > largest
    result = np.where(over, np.copysign(np.inf, x), result)
    return np.where(finite, result, values), int(over.sum())


def rotation(size):
    """The integer matrix whose product with itself is size times the identity."""
    matrix = H4
    while len(matrix) < size:
        matrix = np.kron(matrix, H4)
    return matrix


def rotation_size(columns):
    return max(size for size in (4, 16, 64, 256) if columns % size == 0)


class Coded:
    """A matrix as codes: what to store, what they decode to and how noisy they are."""

    def __init__(self, values, dtype, per_row, scale_type="f4", rotate=False):
        self.dtype = dtype
        self.size = rotation_size(values.shape[1]) if rotate else None
        if rotate:
            h = rotation(self.size) / math.sqrt(self.size)
            values = (values.reshape(-1, self.size) @ h.T).reshape(values.shape)
        largest = np.abs(values).max(axis=1 if per_row else None, keepdims=True)
        limit = {"I8": 127, "F8_E4M3": 448, "F8_E5M2": 57344}[dtype]
        self.scale = (largest / limit).astype(scale_type)
        exact = self.scale.astype("f8")
        scaled = np.clip(values / np.where(exact == 0, 1, exact), -limit, limit)
        self.codes = (np.rint(scaled) if dtype == "I8" else scaled).astype(NUMPY[dtype])

    @property
    def values(self):
        """float32(code) times float32(scale), rounded once."""
        codes = self.codes.astype("f8")
        if self.size:
            turned = codes.reshape(-1, self.size) @ rotation(self.size)
            codes = turned.reshape(codes.shape) / math.sqrt(self.size)
        assert ((codes == codes.astype("f4")) | np.isnan(codes)).all()
        return codes.astype("f4") * self.scale.astype("f4")

    def noise(self):
        """(sum of squared values, expected sum of squared errors) of the finite codes."""
        codes = self.codes.astype("f8")
        finite = np.isfinite(codes)
        codes = np.where(finite, codes, 0)
        if self.dtype == "I8":
            step = np.ones_like(codes)
        else:
            bits, least = {"F8_E4M3": (3, -6), "F8_E5M2": (2, -14)}[self.dtype]
            step = np.exp2(np.maximum(np.frexp(codes)[1] - 1, least) - bits)
            step = np.where(codes == 0, np.exp2(least - bits), step)
        scale = self.scale.astype("f4").astype("f8")
        squared = np.where(finite, (step * scale) ** 2, 0)
        return ((codes * scale) ** 2).sum(), squared.sum() / 12


def decibels(sums):
    signal, noise = np.sum(list(sums), axis=0)
    return 10 * math.log10(signal / noise)
