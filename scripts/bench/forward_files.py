"""The checkpoints that forward passes are measured with, and what our tools make of them; each once."""

import json
import shutil
import subprocess
import sys

from pairs import ROOT
from work_bundles import recipe

sys.path.append(str(ROOT / "scripts/judges/exchange"))

SCHEMES = {"int8": "int8 per channel", "int4": "int4 g64 absmax"}


def checkpoint(bench, model="flux2-klein-4b", depth=0.2, heads=None):
    """A folder as diffusers writes it: of klein 4B one double and four single blocks, 0.93 B weights."""
    folder = bench.folder / f"{model}-{depth:g}-{heads or 'all'}"
    if not folder.exists():
        subprocess.run(
            [sys.executable, ROOT / "scripts/make-synthetic-checkpoint", folder, "--model", model,
             "--depth", str(depth), *(("--heads", str(heads)) if heads else ()), "--shard-size", "40GB"],
            check=True, stdout=subprocess.DEVNULL)
    return folder


def configuration(folder):
    return json.loads((folder / "config.json").read_text())


def bundle(bench, folder, kind):
    """The blocks in int8 or int4."""
    path = folder.with_name(f"{folder.name}.{kind}.mmdit")
    if not path.exists():
        bench.seconds("mmdit-quantize", folder, "--recipe", recipe(bench, SCHEMES[kind]), "--output", path)
    return path


def whole_bundle(bench):
    """klein 4B as it is, in int8: 3.9 GB."""
    folder = checkpoint(bench, depth=1)
    path = bundle(bench, folder, "int8")
    for file in folder.glob("*.safetensors"):
        file.unlink()
    return path


def remove(folder):
    """A checkpoint and what was made of it, to leave room for others."""
    shutil.rmtree(folder)
    for path in folder.parent.glob(f"{folder.name}.*"):
        path.unlink()


def gguf(bench, folder, kind):
    path = folder.with_name(f"{folder.name}.{kind}.gguf")
    if not path.exists():
        bench.seconds("mmdit-export", folder, "--to", f"gguf:{kind}", "--output", path)
    return path


def stand_ins(bench):
    """The text encoder and the autoencoder that stable-diffusion.cpp wants beside klein 4B."""
    from sdcpp_files import write_autoencoder, write_encoder
    encoder, autoencoder = bench.folder / "encoder.safetensors", bench.folder / "autoencoder.safetensors"
    if not autoencoder.exists():
        write_encoder(encoder, width=2560)
        write_autoencoder(autoencoder)
    return encoder, autoencoder
