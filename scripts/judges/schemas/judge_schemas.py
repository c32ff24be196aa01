"""Validates what the tools write against the JSON Schemas of formats/, and the schemas themselves:
each has to refuse documents with one thing wrong, and so has the tool that reads them.

    judge_schemas.py FOLDER_WITH_THE_TOOLS
"""

import copy
import itertools
import json
import pathlib
import shutil
import subprocess
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from broken import BROKEN, broken
from harness import FIXTURES, GOLDENS, MODEL, QUICK_GOLDEN, RECIPES, ROOT
from read_bundle import Bundle
from sources import write_codes, write_several

SCHEMAS = {path.name: json.loads(path.read_text()) for path in (ROOT / "formats").glob("*.json")}
REGISTRY = Registry().with_resources(
    ((ROOT / "formats" / name).as_uri(), Resource.from_contents(schema))
    for name, schema in SCHEMAS.items())


def validator(name):
    place = (ROOT / "formats" / f"{name}.schema.json").as_uri()  # where $ref starts from
    return Draft202012Validator({"$ref": place}, registry=REGISTRY)


def documents(judge):
    """(schema, what it is, document): at least one of each kind that the tools can write."""
    text = lambda *arguments: json.loads(judge.tool(*arguments).stdout)
    bundles = {}
    for recipe in RECIPES:
        bundles[recipe], report = judge.quantize(f"{recipe}.mmdit", recipe)
        yield "quantization-report", recipe, report
        yield "recipe", recipe, report["recipe"]
        yield "bundle-header", recipe, Bundle(bundles[recipe]).header
        _, report = judge.quantize(f"dry-{recipe}.mmdit", recipe, "--dry-run")
        yield "quantization-report", f"{recipe}, dry run", report
    # Zero points, every type of scale, compression.
    own = {"format": "mmdit-recipe", "version": 1, "name": "own", "rules": [
        {"match": f"transformer_blocks.{block}.*.to_q.weight", "scheme": {
            "bits": bits, "symmetric": False, "group": group, "scale": scale, "clip": "absmax"}}
        for block, (bits, group, scale) in enumerate([(8, "row", "f32"), (4, 16, "f16")])]}
    (judge.folder / "own.json").write_text(json.dumps(own))
    yield "recipe", "own", own
    bundles["own"], report = judge.quantize("own.mmdit", judge.folder / "own.json", "--compress")
    yield "quantization-report", "own, compressed", report
    yield "bundle-header", "own, compressed", Bundle(bundles["own"]).header
    bare, _ = judge.quantize("bare.mmdit", "int8", "--no-source-digests")
    yield "bundle-header", "without digests of its sources", Bundle(bare).header
    unpacked = judge.folder / "unpacked.safetensors"
    judge.tool("mmdit-bundle", "unpack", bundles["int8"], "--output", unpacked)
    for part in ("text_encoder", "vae"):
        bundle = judge.folder / f"{part}.mmdit"
        report = judge.report("mmdit-quantize", MODEL / part, "--recipe", "mixed", "--output", bundle)
        yield "quantization-report", part, report
        yield "recipe", part, report["recipe"]
        yield "bundle-header", part, Bundle(bundle).header
    paths = [MODEL / "transformer", MODEL, unpacked, bundles["int8"], bundles["own"],
             MODEL / "text_encoder", judge.folder / "text_encoder.mmdit", MODEL / "vae",
             judge.folder / "vae.mmdit", MODEL / "lora-ink" / "pytorch_lora_weights.safetensors",
             FIXTURES / "safetensors" / "every-type.safetensors"]
    for path in paths:
        for options in (["--statistics"], []):
            yield ("inspection", f"{path.name} {' '.join(options)}",
                   text("mmdit-inspect", path, "--json", *options))
    yield "inspection", "bundle list", text("mmdit-bundle", "list", bundles["int4"], "--json")
    yield "inspection", "bundle list without digests", text("mmdit-bundle", "list", bare, "--json")
    yield "families", "all", text("mmdit-inspect", "--families", "--json")
    yield from conversions(judge, bundles["int8"])
    yield from pipeline_quantizations(judge)
    yield from exports(judge, bundles["int8"], bundles["int4-g64"])
    arguments = ["--golden", GOLDENS, "--reference", MODEL, "--only", QUICK_GOLDEN]
    yield "fidelity-report", "int8, with its blocks", judge.report(
        "mmdit-verify", *arguments, "--attribution", "--candidate", bundles["int8"])
    (judge.folder / "thresholds.json").write_text('{"latents_psnr_db": 200}')
    yield "fidelity-report", "limits that are not kept", judge.report(
        "mmdit-verify", *arguments, "--candidate", bundles["int8"], "--candidate",
        bundles["own"], "--thresholds", judge.folder / "thresholds.json", exits=1)
    yield "fidelity-report", "a skipped golden", judge.report(
        "mmdit-verify", *arguments, "--only", "apple-ink")
    in_arithmetics = [*arguments, "--candidate", bundles["int8"], "--arithmetic", "bfloat16",
                      "--arithmetic", "int8"]
    yield "fidelity-report", "two arithmetics", judge.report("mmdit-verify", *in_arithmetics)
    yield "verification-plan", "two arithmetics", judge.report(
        "mmdit-verify", *in_arithmetics, "--only", "apple-ink", "--dry-run")
    yield from comparisons(judge, arguments, bundles)
    yield from pictures(judge, bundles["int8"])


def pictures(judge, bundle):
    """Golden sets, ours and another's, what a check says of them, and pictures."""
    yield "golden-set", "glyph-klein", json.loads(GOLDENS.with_suffix(".json").read_text())
    small = ["--size", "64x64", "--steps", "1", "--max-sequence-length", "32"]
    recorded = judge.folder / "recorded.safetensors"
    judge.tool("mmdit-golden", "record", "--checkpoint", MODEL, "--prompt", "a cat", "--output",
               recorded, *small)
    yield "golden-set", "recorded here", json.loads(recorded.with_suffix(".json").read_text())
    (judge.folder / "recorded.json").write_text(
        recorded.with_suffix(".json").read_text().replace("a cat", "a dog"))
    yield "golden-check", "of another prompt", judge.report(
        "mmdit-golden", "check", recorded, "--checkpoint", MODEL, exits=1)
    yield "golden-check", "without a model", judge.report("mmdit-golden", "check", GOLDENS)
    command = ["mmdit-render", MODEL, "--prompt", "a cat", "--output", judge.folder / "cat.png",
               *small]
    yield "render-report", "a bundle", judge.report(*command, "--weights", bundle)
    yield "render-report", "another arithmetic", judge.report(*command, "--arithmetic", "int8")
    yield "render-report", "a dry run", judge.report(*command, "--dry-run")


def comparisons(judge, arguments, bundles):
    """What is made of fidelity reports: here of two that call different bundles by one name."""
    paths = []
    for recipe in ("int8", "int4"):
        folder = judge.folder / f"as-{recipe}"
        folder.mkdir()
        paths.append(folder / "report.json")
        (folder / "klein.mmdit").write_bytes(bundles[recipe].read_bytes())
        judge.tool("mmdit-verify", *arguments, "--candidate", folder / "klein.mmdit",
                   "--json", paths[-1])
    shutil.copy(paths[0], judge.folder / "fidelity.json")  # for `refuses`
    yield "report-summary", "one report", judge.report("mmdit-report", paths[0])
    yield "report-summary", "two reports", judge.report("mmdit-report", *paths)
    yield "comparison", "better", judge.report("mmdit-report", "compare", *reversed(paths))
    yield "comparison", "equal", judge.report("mmdit-report", "gate", "--baseline", *paths[:1] * 2)
    worse = judge.report("mmdit-report", "gate", "--baseline", *paths, exits=1)
    yield "comparison", "worse", worse
    yield "gate-tolerances", "the default ones", worse["gate"]["tolerances"]
    yield "gate-tolerances", "a file", {"picture_flip": None, "latents_psnr_db": 1}
    judge.tool("mmdit-verify", *arguments, "--candidate", judge.folder / "as-int8/klein.mmdit",
               "--arithmetic", "int8", "--json", judge.folder / "w8a8.json")
    yield "comparison", "another arithmetic", judge.report(
        "mmdit-report", "compare", paths[0], judge.folder / "w8a8.json")
    judge.tool("mmdit-report", "gate", "--baseline", paths[0], judge.folder / "w8a8.json", exits=65)
    history = judge.folder / "history.sqlite"
    for label, path in zip("ab", paths):
        judge.tool("mmdit-report", "add", path, "--history", history, "--label", label)
    for metric in ("velocity", "bytes", "flip"):
        yield "trend", metric, judge.report(
            "mmdit-report", "trend", "--history", history, "--metric", metric)


def conversions(judge, bundle):
    """Reports of one component, whole pipelines, codes, several components in a file, and a bundle:
    of each a dry run and a real one, which differ only in what a dry run cannot know."""
    codes = write_codes(judge.folder / "codes.safetensors")
    several = write_several(judge, judge.folder / "several.safetensors")
    cases = {
        "a component": (MODEL, "a.safetensors", "bfl"),
        "ComfyUI, cast": (MODEL, "b.safetensors", "comfyui", "--dtype", "f16"),
        "shards": (MODEL / "transformer", "c", "diffusers", "--max-shard-size", "10MB"),
        "a pipeline": (MODEL, "d", "bfl"),
        "codes": (codes, "e.safetensors", "bfl", "--dequantize"),
        "codes to a folder": (codes, "f", "diffusers", "--dtype", "f32"),
        "several components": (several, "g", "diffusers"),
        "one of several": (several, "h.safetensors", "comfyui"),
        "a bundle": (bundle, "i.mmdit", "bfl"),
        "a bundle as values": (bundle, "p", "diffusers", "--dequantize"),
    }
    for what, (source, output, layout, *options) in cases.items():
        command = ["mmdit-convert", source, "--output", judge.folder / output, "--layout", layout]
        dry = judge.report(*command, *options, "--dry-run")
        real = judge.report(*command, *options)
        yield "conversion-report", what, real
        yield "conversion-report", f"{what}, dry run", dry
        foretold = copy.deepcopy(real) | {"dry_run": True, "resumed_bytes": None}
        for entry in itertools.chain(*(part["ledger"] for part in foretold["components"])):
            entry["overflows"] = None
        judge.check(dry == foretold, f"{what}: a dry run says what a real one does")
    for what, holds in {
        "noise": dry_parts(judge, codes)[0]["quantization"]["tensors"],
        "companions": dry_parts(judge, codes)[0]["companions"],
        "three components": len(dry_parts(judge, several)) == 3,
        "a tensor that is dropped": any(
            source["dropped"] for part in dry_parts(judge, several) for source in part["sources"]),
    }.items():
        judge.check(holds, f"the sources are such that reports have {what}")
    autoencoder = judge.folder / "autoencoder"
    subprocess.run([sys.executable, ROOT / "scripts/make-synthetic-checkpoint", autoencoder,
                    "--model", "autoencoder-flux1", "--layout", "original", "--fill", "sparse"],
                   check=True, stdout=subprocess.DEVNULL)
    report = judge.report("mmdit-convert", autoencoder / "autoencoder-flux1.safetensors",
                          "--output", judge.folder / "j", "--dry-run")
    judge.check(report["components"][0]["assumptions"], "an autoencoder is taken to be of FLUX.1")
    yield "conversion-report", "an assumption", report


def exports(judge, int8, int4):
    """Reports of every container, of codes that are moved and of codes that cannot be."""
    cases = {
        "a file": (MODEL, "bfl:fp8", "k.safetensors"),
        "a pipeline": (MODEL, "bitsandbytes:nf4", "l"),
        "a set of GGUF files": (MODEL, "gguf:Q8_0", "m.gguf", "--max-shard-size", "10MB"),
        "codes of a bundle": (int8, "comfyui:int8", "n.safetensors"),
        "the source of a bundle": (int4, "torchao:int8", "o", "--source", MODEL),
    }
    for what, (source, target, output, *options) in cases.items():
        command = ["mmdit-export", source, "--to", target, "--output", judge.folder / output]
        dry = judge.report(*command, *options, "--dry-run")
        real = judge.report(*command, *options)
        yield "export-report", what, real
        yield "export-report", f"{what}, dry run", dry
        foretold = copy.deepcopy(real) | {"dry_run": True, "peak_memory_bytes": None}
        for part in foretold["components"]:
            part |= {"weights": None, "relative_error": None}
        judge.check(dry == foretold, f"{what}: a dry run says what a real one does")
    yield "targets", "all", json.loads(judge.tool("mmdit-export", "--list", "--json", "-").stdout)


def dry_parts(judge, source):
    return judge.report("mmdit-convert", source, "--dequantize", "--output", judge.folder / "none",
                        "--dry-run")["components"]


def pipeline_quantizations(judge):
    recipes = "transformer=int4-g64,text_encoder=int8"
    command = ["mmdit-quantize", MODEL, "--recipe", recipes, "--output", judge.folder / "small"]
    dry = judge.report(*command, "--dry-run")
    report = judge.report(*command)
    yield "pipeline-quantization-report", "a pipeline", report
    yield "pipeline-quantization-report", "a dry run", dry
    for part in report["components"]:
        judge.check((judge.folder / "small" / part["file"]).stat().st_size
                    == part["report"]["output_bytes"], f"the bundle of {part['name']} is there")
        yield "quantization-report", f"of a pipeline: {part['name']}", part["report"]
    _, report = judge.quantize("codes.mmdit", "int4", model=judge.folder / "codes.safetensors")
    judge.check(report["source_quantization"]["tensors"], "codes are said to be codes")
    yield "quantization-report", "codes", report


def refuses(judge, name, document):
    """Whether the tool that reads such documents refuses one; None where no tool reads them."""
    path = judge.folder / "broken"
    if name == "recipe":
        path.write_text(json.dumps(document))
        process = judge.tool("mmdit-quantize", MODEL, "--recipe", path, "--output",
                             judge.folder / "broken.mmdit", "--dry-run", exits=65)
    elif name == "bundle-header":
        path.write_bytes(harness.with_header(Bundle(judge.folder / "int8.mmdit"), document))
        process = judge.tool("mmdit-bundle", "check", path, exits=65)
    elif name == "fidelity-report":
        path.write_text(json.dumps(document))
        process = judge.tool("mmdit-report", "compare", path, path, exits=65)
    elif name == "gate-tolerances":
        path.write_text(json.dumps(document))
        report = judge.folder / "fidelity.json"
        process = judge.tool("mmdit-report", "gate", "--baseline", report, report,
                             "--tolerances", path, exits=65)
    else:
        return None
    return process.returncode == 65


with harness.Judge() as judge:
    for name, schema in sorted(SCHEMAS.items()):
        Draft202012Validator.check_schema(schema)
    judge.check({f"{name}.schema.json" for name in BROKEN} == set(SCHEMAS),
                f"every schema of formats/ is judged: {sorted(SCHEMAS)}")
    examples, counts = {}, {}
    for name, what, document in documents(judge):
        counts[name] = counts.get(name, 0) + 1
        examples.setdefault(name, document)
        errors = list(validator(name).iter_errors(document))
        judge.check(not errors, f"{name}: {what}: " + "; ".join(
            f"{error.json_path}: {error.message[:200]}" for error in errors[:3]))
    for name, changes in BROKEN.items():
        for path, value, what in changes:
            document = broken(examples[name], path, value)
            judge.check(not validator(name).is_valid(document), f"{name}: it is valid with {what}")
            judge.check(refuses(judge, name, document) in (True, None),
                        f"{name}: the tool reads it with {what}")
        print(f"{name}: {counts[name]} documents are valid, {len(changes)} broken ones are refused")
