"""Judges what is made of the published models in their true sizes, without their weights.

scripts/make-synthetic-checkpoint writes files of the true size whose weights are holes. The classes
have to want exactly these tensors, and mmdit-convert has to plan exactly the tensors that the
fixtures have in the other layout.
"""

import json
import subprocess
import sys

import diffusers
import transformers
from harness import ROOT
from synthetic import components
from without_weights import saved, shapes

SHALLOW = 0.1
OPTIONS = {"diffusers": "diffusers", "original": "bfl"}  # layout → what --layout calls it


def make(folder, model, *options):
    """Runs the script as people do; returns the path that a tool is given."""
    command = [sys.executable, ROOT / "scripts/make-synthetic-checkpoint", folder,
               "--model", model, "--fill", "sparse", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / f"{model}.safetensors" if "original" in options else folder


def check_shallow(judge, model):
    """A few blocks, and the configuration that goes with them: what the class would write."""
    part = components.load(model, depth=SHALLOW)
    kind = getattr({"diffusers": diffusers, "transformers": transformers}[part.package],
                   part.class_name)
    _, written, _ = saved(kind, part.config)
    judge.check(shapes(written) == part.tensors,
                f"{model} at depth {SHALLOW}: {sorted(shapes(written).keys() ^ part.tensors)[:4]}")


def planned(judge, path, layout):
    """The report of a conversion that is only planned; what is at the path is not read."""
    report_path = judge.folder / "report.json"
    report_path.unlink(missing_ok=True)
    judge.tool("mmdit-convert", path, "--output", judge.folder / "not-written", "--layout", layout,
               "--dry-run", "--json", report_path)
    return json.loads(report_path.read_text()) if report_path.exists() else {"components": []}


def check_true_size(judge, model, layout):
    """From one layout to the other and to itself: the tensors of the fixture."""
    path = make(judge.folder / f"{model}-{layout}", model, "--layout", layout)
    documents = {name: components.load(model, name) for name in OPTIONS
                 if name == layout or has_original(model)}
    for other, expected in documents.items():
        report = planned(judge, path, OPTIONS[other])
        for component in report["components"]:
            found = {entry["name"]: entry["shape"] for entry in component["ledger"]}
            judge.check(same(found, expected.tensors), f"{model}: {layout} to {other}: " + str(
                [name for name in sorted(found.keys() | expected.tensors.keys())
                 if found.get(name) != expected.tensors.get(name)][:4]))
            judge.check(component["variant"] is not None, f"{model}: {layout}: a known variant")
        judge.check(len(report["components"]) == 1, f"{model}: {layout} to {other}: one component")
    inspection = json.loads(judge.tool("mmdit-inspect", path, "--json").stdout or "{}")
    judge.check(inspection.get("problem", "no answer") is None,
                f"{model}: {layout}: mmdit-inspect says {inspection.get('problem')}")
    judge.check(not (judge.folder / "not-written").exists(), f"{model}: nothing is written")


def has_original(model):
    """Text encoders have the same names everywhere, behind a prefix in one file."""
    document = json.loads((components.FOLDER / f"{model}.json").read_text())
    return "original" in document and document["class"].startswith("diffusers.")


def same(found, expected):
    """Newer files of CLIPTextModel lack a first part of their names."""
    return found == expected or found == {f"text_model.{name}": shape
                                          for name, shape in expected.items()}


def run(judge):
    """Every model of the fixtures."""
    for model in components.model_names():
        check_shallow(judge, model)
        check_true_size(judge, model, "diffusers")
        if has_original(model):
            check_true_size(judge, model, "original")
    print(f"{len(components.model_names())} published models in their true sizes", flush=True)
