"""Pictures that look like those of a quantized model: the goldens', disturbed."""

import struct
import zlib

import numpy as np
import safetensors.numpy


def golden_pictures(path):
    """id → `[height, width, 3]` of the goldens that have one picture."""
    tensors = safetensors.numpy.load_file(path)
    return {
        name.removesuffix(".image"): tensor
        for name, tensor in sorted(tensors.items())
        if name.endswith(".image") and tensor.ndim == 3
    }


def smooth_noise(random, height, width, cells):
    """Noise of about unit size whose hills are a `cells`th of the picture, by linear stretching."""
    coarse = random.standard_normal((cells + 1, cells + 1))
    rows, columns = np.linspace(0, cells, height), np.linspace(0, cells, width)
    tall = np.stack([np.interp(rows, range(cells + 1), column) for column in coarse.T], axis=1)
    return np.stack([np.interp(columns, range(cells + 1), row) for row in tall])


def disturbed(picture, strength, seed):
    """Shifts places by up to some pixels, colours by a few levels, and adds grain."""
    random = np.random.default_rng(seed)
    height, width, _ = picture.shape
    y, x = np.mgrid[0:height, 0:width].astype(float)
    y += smooth_noise(random, height, width, 5) * 5 * strength
    x += smooth_noise(random, height, width, 5) * 5 * strength
    moved = picture[
        np.clip(np.rint(y), 0, height - 1).astype(int),
        np.clip(np.rint(x), 0, width - 1).astype(int)].astype(float)
    for channel in range(3):
        moved[..., channel] += smooth_noise(random, height, width, 3) * 30 * strength
    moved += random.standard_normal(picture.shape) * 1.0 * strength
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)


def write_png(path, picture):
    """An 8-bit RGB file without filters."""
    height, width, _ = picture.shape
    lines = np.concatenate(
        [np.zeros((height, 1), np.uint8), picture.reshape(height, width * 3)], axis=1)

    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(lines.tobytes())) + chunk(b"IEND", b""))
