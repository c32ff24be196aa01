"""Judges the tools at the size of published models: what they plan for each, and speed, memory and
content of what they write of two; what is left when they are killed, interrupted or find no space.

    judge_scale.py FOLDER_WITH_THE_TOOLS [--markdown FILE]

Works in .build, with 16 GB at most, and removes what it made. Where the disk has not the room, the
larger checkpoints are left out, and that is said.
"""

import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import measuring
import stops
from content import Files, check_bundle, check_conversion
from exports import export, judge_export_plans
from harness import ROOT
from plans import judge_plans

# A slice of FLUX.2 [dev], at its width: a block of each kind, 4.6 GB. FLUX.2 [klein] whole, and a
# slice of it for what takes long: chunks of rows are as large in both.
SLICE, WHOLE, SHORT = ("flux2-dev", 0.01), ("flux2-klein-4b", 1.0), ("flux2-klein-4b", 0.01)
GIGABYTES = {SLICE: 4.6, WHOLE: 7.8, SHORT: 1.1}


def convert(judge, source, output, model, depth):
    report, took = judge.run("mmdit-convert", source, "--layout", "bfl", "--output", output,
                             "--json", "-")
    judge.add(f"{model}: convert to bfl", report["bytes"], [took])
    check_conversion(
        judge, Files(source.glob("*.safetensors")), output, report, model, depth)
    output.unlink()


def quantize(judge, source, output, model, recipe, *options, step=7):
    report, took = judge.run("mmdit-quantize", source, "--recipe", recipe, "--output", output,
                             "--json", "-", *options)
    judge.check(report["output_bytes"] == output.stat().st_size, f"{recipe}: output_bytes")
    judge.add(" ".join([f"{model}: quantize, {recipe}", *options]), report["source_bytes"], [took])
    judge.check(stops.names(output.parent) == [output.name],
                f"{recipe}: what is there in the end: {stops.names(output.parent)}")
    check_bundle(judge, Files(source.glob("*.safetensors")), output, recipe, step)
    output.unlink()


@contextlib.contextmanager
def checkpoint(folder, model, depth):
    """The model in shards, with random weights, and a folder for results; None without room."""
    free, needed = shutil.disk_usage(folder).free / 1e9, 2.05 * GIGABYTES[model, depth]
    if free < needed:
        print(f"LEFT OUT: {model}: {free:.1f} GB are free in {folder}, it needs {needed:.1f} GB")
        yield None
        return
    source, results = folder / "source", folder / "results"
    results.mkdir()
    started = time.monotonic()
    subprocess.run([sys.executable, ROOT / "scripts/make-synthetic-checkpoint", source, "--model",
                    model, "--depth", str(depth), "--shard-size", "2GB"], check=True)
    print(f"made in {time.monotonic() - started:.1f} s", flush=True)
    try:
        yield source, results
    finally:
        shutil.rmtree(source)
        shutil.rmtree(results)


def main(judge, folder):
    judge_plans(judge, folder)
    with checkpoint(folder, *SLICE) as place:
        if place:
            source, results = place
            stops.check_full_disk(judge, source)
            convert(judge, source, results / "bfl.safetensors", *SLICE)
            output = results / "out.mmdit"
            stops.check_interrupted(judge, source, output)
            stops.check_killed(judge, source, output)
            # After the one that was killed, over what it has left.
            quantize(judge, source, output, SLICE[0], "int4-g64", step=2)
    with checkpoint(folder, *WHOLE) as place:
        if place:
            source, results = place
            convert(judge, source, results / "bfl.safetensors", *WHOLE)
            quantize(judge, source, results / "out.mmdit", WHOLE[0], "int8")
            quantize(judge, source, results / "out.mmdit", WHOLE[0], "int4-g64", "--compress")
            judge_export_plans(judge, source, results, WHOLE[0])
            # A survey of each matrix, and rotated rows: what holds most beside a chunk.
            export(judge, source, results / "out", "bitsandbytes:nf4-double", WHOLE[0])
            export(judge, source, results / "out.safetensors", "comfyui:int8-convrot", WHOLE[0])
    with checkpoint(folder, *SHORT) as place:
        if place:
            source, results = place
            for target in ("gguf:Q8_0", "gguf:Q4_K"):
                export(judge, source, results / "out.gguf", target, f"slice of {SHORT[0]}")


parser = argparse.ArgumentParser(description="Judges the tools at the size of published models.")
parser.add_argument("binaries")
parser.add_argument("--markdown", type=pathlib.Path, help="write the measurements here")
options = parser.parse_args()
with measuring.ScaleJudge(options.binaries) as judge:
    parent = ROOT / ".build"  # on a disk, where /tmp is often memory
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="judge-scale-", dir=parent) as folder:
        main(judge, pathlib.Path(folder))
    if options.markdown:
        options.markdown.write_text(judge.markdown())
