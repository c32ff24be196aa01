"""Validates what the tools write against the JSON Schemas of formats/, and the schemas themselves:
each has to refuse documents with one thing wrong, and so has the tool that reads them.

    judge_schemas.py FOLDER_WITH_THE_TOOLS
"""

import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from harness import FIXTURES, GOLDENS, MODEL, QUICK_GOLDEN, RECIPES, ROOT
from read_bundle import Bundle

SCHEMAS = {path.name: json.loads(path.read_text()) for path in (ROOT / "formats").glob("*.json")}
REGISTRY = Registry().with_resources(
    ((ROOT / "formats" / name).as_uri(), Resource.from_contents(schema))
    for name, schema in SCHEMAS.items())
DELETED = object()

# For each schema: what to change in a valid document, as a path, a value, and what is wrong then.
BROKEN = {
    "recipe": [
        (["version"], 2, "another version"),
        (["name"], DELETED, "no name"),
        (["rules", 0, "scheme", "bits"], 6, "6 bits"),
        (["rules", 0, "scheme", "group"], 48, "a group of 48"),
        (["rules", 0, "scheme", "clip"], DELETED, "a scheme without clip"),
        (["rules", 0, "keep"], True, "a scheme and keep"),
        (["rules", -1, "keep"], False, "keep is false"),
        (["rules", 0, "mach"], "*", "a misspelt key"),
        (["thresholds", "velocity_relative_error"], "0.1", "a limit as text"),
        (["thresholds", "psnr"], 30, "an unknown limit"),
    ],
    "bundle-header": [
        (["format"], "mmdit", "another format"),
        (["architecture", "configuration", "head_count"], 0, "no heads"),
        (["architecture", "configuration", "epsilon"], DELETED, "no epsilon"),
        (["architecture", "configuration", "layer_count"], 1, "a size of another family"),
        (["architecture", "configuration", "has_guidance"], 0, "a number for a flag"),
        (["architecture", "family"], "qwen3", "the numbers of another family"),
        (["architecture", "family"], "unet", "an unknown family"),
        (["architecture", "layout"], "bfl", "a layout by the name of the option"),
        (["provenance", "sources", 0, "sha256"], "ab", "a short digest"),
        (["blocks", 0, "offset"], 4097, "a block that is not aligned"),
        (["blocks", 0, "name"], "Embedders", "an unknown block"),
        (["tensors", 0, "values", "offset"], 4097, "a segment that is not aligned"),
        (["tensors", 0, "values", "crc32"], "+1234567", "a checksum with a sign"),
        (["tensors", 0, "values", "chunks"], [[4096, 1]], "an offset and chunks"),
        (["tensors", 0, "chunk_rows"], 4, "chunk_rows without chunks"),
        (["tensors", 0, "dtype"], "F64", "a kept tensor of F64"),
        (["tensors", 7, "codes"], DELETED, "a scheme without codes"),
        (["tensors", 7, "scheme", "symmetric"], False, "an asymmetric scheme without zero points"),
        (["tensors", 7, "dtype"], "BF16", "dtype and scheme"),
        (["tensors", 7, "shape"], [65536], "a quantized vector"),
        (["tensors", 7, "shape"], [256, 128, 2], "a quantized tensor of three axes"),
    ],
    "golden-set": [
        (["producer"], DELETED, "no producer"),
        (["goldens", 0, "id"], "", "an empty id"),
        (["goldens", 0, "steps"], 0, "no steps"),
        (["goldens", 0, "steps"], 1.5, "a step and a half"),
        (["goldens", 0, "width"], 100, "a width that no tokens cover"),
        (["goldens", 0, "sigmas"], [2], "a noise level of 2"),
        (["goldens", 0, "loras"], [{"path": "x"}], "a LoRA without a strength"),
        (["goldens", 0, "negative"], "", "an unknown key"),
    ],
    "fidelity-report": [
        (["verdict"], "ok", "an unknown verdict"),
        (["candidates"], [], "no reference"),
        (["candidates", 1, "tensors", 0, "cosine"], 1.5, "a cosine of 1.5"),
        (["candidates", 1, "tensors", 0, "worst_segment", "column"], 3, "a segment from column 3"),
        (["candidates", 1, "goldens", 0, "steps", 0, "sigma"], None, "a step without a level"),
        (["candidates", 1, "goldens", 0, "velocity_relative_error"], -1, "a negative error"),
        (["candidates", 1, "violations"], [{"subject": "x"}], "half a violation"),
        (["candidates", 1, "time"], 1, "an unknown key"),
    ],
    "inspection": [
        (["kind"], "folder", "an unknown kind"),
        (["files"], [], "no files"),
        (["components", 0, "configuration", "rotary_axes"], [31], "an odd axis"),
        (["components", 0, "family"], "FLUX.2", "a family by another name"),
        (["components", 0, "family"], "t5", "the numbers of another family"),
        (["components", 0, "layout"], "bfl", "a layout by the name of the option"),
        (["components", 0, "variant"], DELETED, "no variant, not even null"),
        (["quantization"], [{"format": "FP8"}], "codes without a count"),
        (["metadata", "n"], 1, "a number in the metadata"),
        (["tensors", 0, "statistics", "kurtosis"], 0.5, "a kurtosis below 1"),
        (["tensors", 0, "statistics", "variance"], 1, "an unknown key"),
        (["census", 0, "tensors"], DELETED, "a census without counts"),
        (["problem"], DELETED, "no problem, not even null"),
    ],
    "conversion-report": [
        (["ledger"], [], "an empty ledger"),
        (["ledger", 0, "change"], "lost", "an unknown change"),
        (["ledger", 0, "rows", 0, "count"], 0, "a run without rows"),
        (["ledger", 0, "overflows"], -1, "a negative count"),
        (["target", "layout"], "bfl", "a layout by the name of the option"),
        (["target", "files", 0, "name"], "x.bin", "a file of another kind"),
        (["dry_run"], DELETED, "neither a dry run nor a real one"),
        (["resumed_bytes"], -1, "a negative count of bytes"),
        (["seconds"], 1, "an unknown key"),
    ],
    "quantization-report": [
        (["dry_run"], True, "a dry run that has an output"),
        (["output_bytes"], None, "an output without a size"),
        (["resumed_bytes"], None, "an output, and nothing said of an earlier run"),
        (["fits", "6_gb"], DELETED, "a card left out"),
        (["threads"], 0, "no threads"),
        (["tensors", 0, "quantized"], "yes", "text for a truth value"),
        (["recipe", "rules", 0, "scheme", "bits"], 16, "a recipe that is wrong"),
        (["parameters"], -1, "a negative count"),
        (["seconds"], 1, "an unknown key"),
    ],
}


def validator(name):
    place = (ROOT / "formats" / f"{name}.schema.json").as_uri()  # where $ref starts from
    return Draft202012Validator({"$ref": place}, registry=REGISTRY)


def broken(document, path, value):
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    if value is DELETED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return document


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
    converted = judge.folder / "converted.safetensors"
    convert = ["mmdit-convert", MODEL, "--output", converted, "--layout"]
    yield "conversion-report", "bfl", judge.report(*convert, "bfl")
    yield "conversion-report", "ComfyUI, cast", judge.report(*convert, "comfyui", "--dtype", "f16")
    yield "conversion-report", "a bundle", judge.report(
        "mmdit-convert", bundles["int8"], "--layout", "bfl", "--output",
        judge.folder / "int8-bfl.mmdit")
    yield "bundle-header", "ComfyUI", Bundle(
        judge.quantize("comfy.mmdit", "int8", "--layout", "comfyui")[0]).header
    yield "conversion-report", "a dry run", judge.report(*convert, "diffusers", "--dry-run")
    arguments = ["--golden", GOLDENS, "--reference", MODEL, "--only", QUICK_GOLDEN]
    yield "fidelity-report", "int8", judge.report(
        "mmdit-verify", *arguments, "--candidate", bundles["int8"])
    (judge.folder / "thresholds.json").write_text('{"latents_psnr_db": 200}')
    yield "fidelity-report", "limits that are not kept", judge.report(
        "mmdit-verify", *arguments, "--candidate", bundles["int8"], "--candidate",
        bundles["own"], "--thresholds", judge.folder / "thresholds.json", exits=1)
    yield "fidelity-report", "a skipped golden", judge.report(
        "mmdit-verify", *arguments, "--only", "apple-ink")
    yield "golden-set", "glyph-klein", json.loads(GOLDENS.with_suffix(".json").read_text())


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
