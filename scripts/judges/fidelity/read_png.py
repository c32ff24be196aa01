"""Reads PNG files of 8-bit RGB without interlacing (ISO/IEC 15948), and refuses others."""

import pathlib
import struct
import zlib

import numpy as np


def read_png(path):
    """The pixels `[height, width, 3]`."""
    data = pathlib.Path(path).read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError(f"{path}: no PNG")
    chunks, at = [], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if zlib.crc32(kind + body) != int.from_bytes(data[at + 8 + length:at + 12 + length], "big"):
            raise ValueError(f"{path}: {kind}: wrong checksum")
        chunks.append((kind, body))
        at += 12 + length
    width, height, *form = struct.unpack(">IIBBBBB", chunks[0][1])
    if form != [8, 2, 0, 0, 0]:
        raise ValueError(f"{path}: not 8-bit RGB: {form}")
    lines = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    pixels = np.zeros((height + 1, 3 * (width + 1)), np.uint8)  # a line and a pixel of zeros before
    for row in range(height):
        line = lines[row * (3 * width + 1):(row + 1) * (3 * width + 1)]
        above, current = pixels[row], pixels[row + 1]
        for index in range(3, 3 * (width + 1)):
            left, up, corner = int(current[index - 3]), int(above[index]), int(above[index - 3])
            current[index] = (line[index - 2] + predicted(line[0], left, up, corner)) % 256
    return pixels[1:, 3:].reshape(height, width, 3)


def predicted(kind, left, up, corner):
    """What a filter of that kind expects of a byte."""
    if kind == 4:  # Paeth: the neighbour nearest to left + up - corner, the first of equals
        return min((left, up, corner), key=lambda value: abs(left + up - corner - value))
    return [0, left, up, (left + up) // 2][kind]
