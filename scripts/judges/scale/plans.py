"""Every published model at its true size: what it is taken for, and what conversion and
quantization plan. The files are holes."""

import shutil
import subprocess
import sys

import published
from harness import ROOT
from published import components
from synthetic import files

SHARD_BYTES = 5 * 10**9
PIPELINE = ("flux2-dev", "mistral-small-3.2-24b", "autoencoder-flux2")
ONE_FILE = ("sd3.5-large", "clip-l-projection", "clip-g", "t5-xxl", "autoencoder-sd3")


def make(folder, models, layout):
    """Makes a checkpoint of these models of holes; returns what a tool is given."""
    shutil.rmtree(folder, ignore_errors=True)
    if len(models) > 1:
        subprocess.run(
            [sys.executable, ROOT / "scripts/make-synthetic-checkpoint", folder, "--model",
             ",".join(models), "--layout", layout, "--fill", "sparse"],
            check=True, stdout=subprocess.DEVNULL)
        return folder if layout == "diffusers" else folder / "checkpoint.safetensors"
    # What that program does, without starting it 34 times.
    folder.mkdir()
    part = components.load(models[0], layout)
    if layout == "diffusers":
        files.write_folder(folder, part, "bf16", None, SHARD_BYTES)
        return folder
    path = folder / f"{models[0]}.safetensors"
    files.write_file(path, part.tensors, part.integers, "bf16", None)
    return path


def check_inspection(judge, models, found, took):
    """Variant and count of values of every component, in any order."""
    parts = found["components"]
    if found["kind"] == "pipeline":
        weights = [part["weights"] for part in parts if part["weights"]]
        parts = [part for weight in weights for part in weight["components"]]
        count = sum(weight["parameters"] for weight in weights)
        judge.check(all(weight["problem"] is None for weight in weights), f"{models}: a problem")
    else:
        count = found["parameters"]
        judge.check(found["problem"] is None, f"{models}: {found['problem']}")
    expected = sorted(published.TITLES[model] for model in models)
    variants = sorted(part["variant"] or "none" for part in parts)
    judge.check(variants == expected, f"{models}: {expected} taken for {variants}")
    parameters = sum(published.parameters(model) for model in models)
    judge.check(count == parameters, f"{models}: {parameters} parameters, found {count}")
    return took


def check_conversion(judge, model, target, part):
    """The ledger has exactly the tensors of the layout, and every source tensor has a place."""
    expected = published.tensors(model, target)
    ledger = {entry["name"]: entry["shape"] for entry in part["ledger"]}
    judge.check(len(ledger) == len(part["ledger"]) and ledger == expected,
                f"{model} to {target}: the ledger has the tensors of the layout, but for "
                f"{sorted(set(ledger) ^ set(expected))[:5]}")
    size = published.byte_count(model, expected)
    said = (part["bytes"], sum(file["bytes"] for file in part["files"]))
    judge.check(said == (size, size), f"{model} to {target}: {size} bytes, said to be {said}")
    judge.check(part["variant"] == published.TITLES[model], f"{model}: {part['variant']}")
    judge.check(all(source["targets"] for source in part["sources"]),
                f"{model} to {target}: every tensor has a place")


def check_quantization(judge, model, report, listed):
    """Every size follows from shapes and encodings, and from the list of families."""
    sizes = [published.stored_bytes(tensor) for tensor in report["tensors"]]
    judge.check(sizes == [tensor["bytes"] for tensor in report["tensors"]],
                f"{model}: the bytes of each tensor are those of its encoding")
    judge.check(report["weight_bytes"] == sum(sizes), f"{model}: weight_bytes")
    judge.check(report["parameters"] == published.parameters(model), f"{model}: parameters")
    # The list takes every value for BF16; a counter is kept as F32.
    counters = 2 * len(components.load(model).integers)
    judge.check(report["weight_bytes"] == listed["bytes"][report["recipe"]["name"]] + counters,
                f"{model}: {report['weight_bytes']} bytes, listed {listed['bytes']}")
    room = report["disk_bytes_needed"] - report["weight_bytes"]
    # Every segment is aligned to 64 bytes, every block to 4096; a header has at most 1 KiB for a
    # tensor and 64 bytes for half a million values.
    most = len(sizes) * (4096 + 1024 + 64 + 128) + (1 << 17) + report["parameters"] // 8192
    judge.check(0 <= room <= most, f"{model}: {room} bytes beside the weights, {most} at most")
    quantized = any(tensor["quantized"] for tensor in report["tensors"])
    judge.check(quantized != model.startswith("autoencoder"), f"{model}: quantized: {quantized}")


def judge_models(judge, folder):
    """Each model alone, in the layouts that it is published in."""
    families, _ = judge.run("mmdit-inspect", "--families", "--json")
    listed = {model["title"]: model for model in families["models"]}
    inspections, conversions, quantizations = [], [], []
    for model in components.model_names():
        for layout in published.layouts(model):
            source = make(folder / "sparse", [model], layout)
            inspections.append(check_inspection(
                judge, [model], *judge.run("mmdit-inspect", source, "--json")))
            for target in published.TARGETS:
                report, took = judge.run("mmdit-convert", source, "--layout", target, "--output",
                                         folder / "none", "--dry-run", "--json", "-")
                conversions.append(took)
                check_conversion(judge, model, target, report["components"][0])
            report, took = judge.run("mmdit-quantize", source, "--recipe", "int4-g64", "--output",
                                     folder / "none.mmdit", "--dry-run", "--json", "-")
            quantizations.append(took)
            check_quantization(judge, model, report, listed[published.TITLES[model]])
    count = len(components.model_names())
    judge.add(f"{len(inspections)} inspections of {count} models", 0, inspections)
    judge.add(f"{len(conversions)} plans of conversion", 0, conversions)
    judge.add(f"{len(quantizations)} plans of quantization", 0, quantizations)


def judge_together(judge, folder, models, layout):
    """A pipeline folder, or a file with everything: all components at once."""
    source = make(folder / "sparse", models, layout)
    size = sum(published.byte_count(model, components.load(model).tensors) for model in models)
    what = f"a folder of {len(models)} components" if layout == "diffusers" \
        else f"a file of {len(models)} components"
    took = check_inspection(judge, models, *judge.run("mmdit-inspect", source, "--json"))
    judge.add(f"inspection of {what}, {size / 1e9:.1f} GB", 0, [took])
    plans = []
    for target in published.TARGETS[:2]:
        report, took = judge.run("mmdit-convert", source, "--layout", target, "--output",
                                 folder / "none", "--dry-run", "--json", "-")
        plans.append(took)
        by_title = {part["variant"]: part for part in report["components"]}
        judge.check(len(by_title) == len(models), f"{models}: components {list(by_title)}")
        for model in models:
            if published.TITLES[model] in by_title:
                check_conversion(judge, model, target, by_title[published.TITLES[model]])
        judge.check(report["left_out"] == [], f"{models}: nothing is left out")
    judge.add(f"plans of conversion of {what}", 0, plans)
    if layout == "diffusers":
        recipes = "transformer=int4-g64,text_encoder=int8"
        report, took = judge.run("mmdit-quantize", source, "--recipe", recipes, "--output",
                                 folder / "none", "--dry-run", "--json", "-")
        judge.check({part["name"] for part in report["components"]}
                    == {"text_encoder", "transformer"}, f"{models}: {recipes}")
        copied = sum(file["bytes"] for file in report["copied"])
        parts = sum(part["report"]["disk_bytes_needed"] for part in report["components"])
        judge.check(report["disk_bytes_needed"] == copied + parts, f"{models}: disk")
        judge.add(f"plan of quantization of {what}", 0, [took])


def judge_plans(judge, folder):
    judge_models(judge, folder)
    judge_together(judge, folder, PIPELINE, "diffusers")
    judge_together(judge, folder, ONE_FILE, "original")
    shutil.rmtree(folder / "sparse")
