"""PNG files of every kind, written from the specification: Pillow writes only some of them."""

import struct
import zlib
from typing import NamedTuple

import numpy as np


class Kind(NamedTuple):
    name: str
    color_type: int
    depth: int
    channels: int


KINDS = (
    [Kind(f"grey{depth}", 0, depth, 1) for depth in (1, 2, 4, 8, 16)]
    + [Kind(f"palette{depth}", 3, depth, 1) for depth in (1, 2, 4, 8)]
    + [Kind(f"{name}{depth}", number, depth, channels) for depth in (8, 16)
       for name, number, channels in (("rgb", 2, 3), ("grey-alpha", 4, 2), ("rgb-alpha", 6, 4))])

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(row, depth):
    """The bytes of a row of samples."""
    if depth == 16:
        return np.frombuffer(row.astype(">u2").tobytes(), np.uint8)
    if depth == 8:
        return row.astype(np.uint8)
    bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).reshape(-1))


def filtered(samples, depth, rng):
    """The rows [height, width, channels] of a pass, each under a random filter."""
    stride = max(1, depth * samples.shape[2] // 8)
    above, result = None, b""
    for row in samples:
        data = packed(row.reshape(-1), depth).astype(np.int64)
        b = np.zeros_like(data) if above is None else above
        a, c = (np.concatenate([np.zeros(stride, np.int64), line])[:len(line)] for line in (data, b))
        number = int(rng.integers(5))
        p = a + b - c
        toward = np.stack([abs(p - a), abs(p - b), abs(p - c)])
        paeth = np.choose(toward.argmin(0), [a, b, c])
        prediction = [0, a, b, (a + b) // 2, paeth][number]
        result += bytes([number]) + ((data - prediction) % 256).astype(np.uint8).tobytes()
        above = data
    return result


def encode(kind, width, height, interlaced, rng):
    """A file of random samples, and its pixels as 8-bit RGB (16 bits: their upper half)."""
    samples = rng.integers(0, 1 << kind.depth, (height, width, kind.channels))
    extra = b""
    if kind.color_type == 3:
        colors = rng.integers(0, 256, (1 << kind.depth, 3)).astype(np.uint8)
        extra = chunk(b"PLTE", colors.tobytes()) + chunk(b"tRNS", b"\0\x80")
        rgb = colors[samples[..., 0]]
    else:
        if kind.color_type in (0, 2) and rng.integers(2):
            extra = chunk(b"tRNS", struct.pack(">H", 0) * kind.channels)
        scaled = samples >> 8 if kind.depth == 16 else samples * 255 // ((1 << kind.depth) - 1)
        rgb = scaled[..., :3] if kind.channels >= 3 else scaled[..., :1].repeat(3, 2)
    parts = PASSES if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(
        filtered(samples[y::dy, x::dx], kind.depth, rng) for x, y, dx, dy in parts
        if x < width and y < height)
    data = zlib.compress(rows)
    cut = int(rng.integers(len(data)))
    header = struct.pack(
        ">IIBBBBB", width, height, kind.depth, kind.color_type, 0, 0, int(interlaced))
    file = (SIGNATURE + chunk(b"IHDR", header) + chunk(b"gAMA", struct.pack(">I", 45455)) + extra
            + chunk(b"IDAT", data[:cut]) + chunk(b"IDAT", data[cut:]) + chunk(b"IEND", b""))
    return file, np.ascontiguousarray(rgb.astype(np.uint8))
