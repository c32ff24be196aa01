#!/usr/bin/env python3
"""An independent account of the quantized layout and of absmax rounding, in numpy.

    judge_quantization.py generate [FOLDER]   write the golden files
    judge_quantization.py check [FOLDER]      compare the golden files with this account

FOLDER is Tests/QuantizationTests/Goldens unless given. It receives

    values.f32            the weights [ROWS, COLUMNS], float32, little endian, row-major
    SCHEME.bin            for each scheme: codes, scales, zero points, decoded float32 values,
                          one after the other; SCHEME is the description with - for spaces
    numpy-version.txt     the numpy that wrote them

Written from the layout's text, not from the suite's source, and slowly: one group at a time, one
numpy call for each step of the definition.
"""

import pathlib
import sys

import numpy as np

ROWS, COLUMNS = 7, 37
FOLDER = pathlib.Path(__file__).resolve().parents[3] / "Tests/QuantizationTests/Goldens"
F32 = np.float32


def weights():
    """Normal rows at several magnitudes, and rows that are awkward on purpose."""
    generator = np.random.Generator(np.random.PCG64(20240229))
    w = generator.standard_normal((ROWS, COLUMNS)).astype(F32)
    w[0] *= F32(0.02)
    w[1] = np.abs(w[1])  # one sign only: the range is widened to 0
    w[2] = -np.abs(w[2])
    w[3, :16] = 0  # a whole group of zeros, then negative zeros
    w[3, 16:20] = -0.0
    w[4] = (np.arange(COLUMNS) - 18) / F32(2)  # ties
    w[5] *= F32(1e-6)  # f16 scales become subnormal
    w[5, 32:] *= F32(1e-3)  # ... and are raised to the least
    w[6, 3], w[6, 9] = 8, -8  # equal magnitudes: the first gives the sign
    return w


def to_bf16_bits(value):
    bits = int(np.array(value, F32).view(np.uint32))
    upper, lower = bits >> 16, bits & 0xFFFF
    if lower > 0x8000 or (lower == 0x8000 and upper % 2 == 1):
        upper += 1
    return upper


def store_scale(scale, kind):
    """The bytes of a scale and the float32 number they stand for."""
    if kind == "f32":
        least, rounded = F32(2.0**-126), F32(scale)
    elif kind == "f16":
        least, rounded = F32(2.0**-24), F32(np.float16(scale))
    else:
        least = F32(2.0**-126)
        rounded = np.array(to_bf16_bits(scale) << 16, np.uint32).view(F32)[()]
    if scale != 0 and abs(rounded) < least:
        rounded = np.copysign(least, scale)
    if kind == "f32":
        data = np.array(rounded, "<f4").tobytes()
    elif kind == "f16":
        data = np.array(rounded, "<f2").tobytes()
    else:
        data = np.array(to_bf16_bits(rounded), "<u2").tobytes()
    return data, F32(rounded)


def quantize_group(w, width, symmetric, kind):
    """Returns the levels q as integers, z, the scale's bytes and its value."""
    top = 255 if width == "int8" else 15
    if not w.any():
        return np.zeros(len(w), int), 0, *store_scale(F32(0), kind)
    if symmetric:
        if width == "int8":
            low, high = -127, 127
            scale = F32(np.max(np.abs(w)) / F32(127))
        else:
            low, high = -8, 7
            scale = F32(w[np.argmax(np.abs(w))] / F32(-8))
        data, scale = store_scale(scale, kind)
        zero = 0
    else:
        low, high = 0, top
        minimum, maximum = min(w.min(), F32(0)), max(w.max(), F32(0))
        data, scale = store_scale(F32(F32(maximum - minimum) / F32(top)), kind)
        zero = int(np.clip(np.rint(F32(-minimum) / scale), 0, top))
    reciprocal = F32(F32(1) / scale)
    q = np.rint((w * reciprocal).astype(F32)).astype(np.int64) + zero
    return np.clip(q, low, high), zero, data, scale


def quantize(w, width, group, symmetric, kind):
    """The four parts of a golden file."""
    codes, scales, zeros = bytearray(), bytearray(), bytearray()
    decoded = np.zeros_like(w)
    for r, row in enumerate(w):
        stored = []
        step = group or len(row)
        for begin in range(0, len(row), step):
            q, zero, data, scale = quantize_group(row[begin:begin + step], width, symmetric, kind)
            decoded[r, begin:begin + step] = scale * (q - zero).astype(F32)
            scales += data
            if not symmetric:
                zeros.append(zero)
            stored += [int(v) + (8 if symmetric and width == "int4" else 0) for v in q]
        if width == "int8":
            codes += bytes(v % 256 for v in stored)
        else:
            stored += [0] * (len(stored) % 2)
            codes += bytes(stored[i] + 16 * stored[i + 1] for i in range(0, len(stored), 2))
    return bytes(codes), bytes(scales), bytes(zeros), decoded.astype("<f4").tobytes()


def files():
    w = weights()
    yield "values.f32", w.astype("<f4").tobytes()
    for width in ("int8", "int4"):
        for group in (16, None):
            for symmetric in (True, False):
                for kind in ("f32", "f16", "bf16"):
                    name = "-".join([
                        width, f"group-{group}" if group else "row",
                        "symmetric" if symmetric else "asymmetric", kind, "absmax.bin"])
                    yield name, b"".join(quantize(w, width, group, symmetric, kind))


def main(arguments):
    command = arguments[0] if arguments else ""
    folder = pathlib.Path(arguments[1]) if len(arguments) > 1 else FOLDER
    if command == "generate":
        for name, data in files():
            (folder / name).write_bytes(data)
        (folder / "numpy-version.txt").write_text(np.__version__ + "\n")
        return 0
    if command == "check":
        wrong = [name for name, data in files() if (folder / name).read_bytes() != data]
        print("\n".join(f"{name}: differs" for name in wrong) or "all golden files agree")
        return 1 if wrong else 0
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
