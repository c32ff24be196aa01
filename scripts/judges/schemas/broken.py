"""What each schema has to refuse: documents with one thing wrong."""

import copy

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
    "export-report": [
        (["target"], "gguf", "a target without what it stores"),
        (["components"], [], "no component"),
        (["components", 0, "layout"], "ComfyUI", "a layout that no target has"),
        (["components", 0, "weights"], None, "nothing read back, though it is no dry run"),
        (["components", 0, "relative_error"], -1, "a negative error"),
        (["components", 0, "tensors", 0, "encoding"], "Q8_0", "codes that are not quantized"),
        (["components", 0, "tensors", 0, "made_of"], DELETED, "a tensor of unknown origin"),
        (["components", 0, "weights", 0, "name"], "", "a weight without a name"),
        (["peak_memory_bytes"], None, "no peak, though it is no dry run"),
    ],
    "targets": [
        (["targets"], [], "no targets"),
        (["targets", 0, "id"], "gguf", "a target without what it stores"),
        (["targets", 0, "ending"], ".bin", "an unknown ending"),
        (["unsupported", 0, "reason"], DELETED, "no reason"),
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
        (["provenance"], {"suite_version": "1", "model": "m"}, "a provenance without sources"),
        (["provenance"], {"suite_version": "1", "model": "m", "sources": [
            {"name": "a", "bytes": 1, "sha256": "0" * 63}]}, "a digest that is too short"),
        (["negative_prompt"], None, "no negative prompt, not even an empty one"),
    ],
    "fidelity-report": [
        (["verdict"], "ok", "an unknown verdict"),
        (["candidates"], [], "no reference"),
        (["candidates", 1, "tensors", 0, "cosine"], 1.5, "a cosine of 1.5"),
        (["candidates", 1, "tensors", 0, "worst_segment", "column"], 3, "a segment from column 3"),
        (["candidates", 1, "goldens", 0, "steps", 0, "sigma"], None, "a step without a level"),
        (["candidates", 1, "goldens", 0, "velocity_relative_error"], -1, "a negative error"),
        (["candidates", 1, "violations"], [{"subject": "x"}], "half a violation"),
        (["candidates", 1, "stored_byte_count"], DELETED, "a candidate without a size"),
        (["candidates", 1, "blocks"], [{"name": "x", "errors": [{}]}], "an error without a number"),
        (["candidates", 1, "goldens", 0, "picture"], {"file": "x.png"}, "half a picture"),
        (["golden_set", "sha256"], "0" * 63, "a digest that is too short"),
        (["environment", "threads"], 0, "no threads"),
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
    "families": [
        (["models"], [], "no models"),
        (["models", 0, "component"], "text_encoder", "a component by its folder"),
        (["models", 0, "bytes", "int8"], DELETED, "a recipe left out"),
        (["models", 0, "bytes", "fp8"], 1, "an unknown recipe"),
        (["models", 0, "tensors"], 0, "a model without tensors"),
    ],
    "conversion-report": [
        (["components"], [], "no components"),
        (["components", 0, "ledger"], [], "an empty ledger"),
        (["components", 0, "ledger", 0, "change"], "lost", "an unknown change"),
        (["components", 0, "ledger", 0, "rows", 0, "count"], 0, "a run without rows"),
        (["components", 0, "ledger", 0, "overflows"], -1, "a negative count"),
        (["components", 0, "ledger", 0, "overflows"], None, "no count, but an output"),
        (["components", 0, "ledger", 0, "decoded"], True, "values that are decoded, but not cast"),
        (["components", 0, "sources", 0, "targets"], [], "a tensor that is nowhere"),
        (["components", 0, "sources", 0, "dropped"], "why", "a tensor dropped and used"),
        (["components", 0, "layout"], "bfl", "a layout by the name of the option"),
        (["components", 0, "layout"], "alternate", "a layout that is not written"),
        (["components", 0, "files", 0, "name"], "x.bin", "a file of another kind"),
        (["components", 0, "quantization"], DELETED, "no noise, not even null"),
        (["components", 0, "companions"], [{"name": "x"}], "half a companion"),
        (["left_out"], [{"name": "vae"}], "a component left out for no reason"),
        (["copied"], [{"name": "x", "bytes": -1}], "a file of less than nothing"),
        (["dry_run"], True, "a dry run that has an output"),
        (["dry_run"], DELETED, "neither a dry run nor a real one"),
        (["resumed_bytes"], -1, "a negative count of bytes"),
        (["seconds"], 1, "an unknown key"),
    ],
    "pipeline-quantization-report": [
        (["dry_run"], True, "a dry run that has an output"),
        (["resumed_bytes"], None, "an output, and nothing said of an earlier run"),
        (["components", 0, "file"], "x.safetensors", "a component that is no bundle"),
        (["components", 0, "file"], "../x.mmdit", "a bundle elsewhere"),
        (["components", 0, "report", "threads"], 0, "a report that is wrong"),
        (["components", 0, "report", "dry_run"], True, "a dry run of a part"),
        (["copied", 0, "bytes"], DELETED, "a file without a size"),
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
        (["source_quantization"], {"decibels_at_best": 1}, "half a statement of noise"),
        (["source_quantization"], DELETED, "no noise, not even null"),
        (["seconds"], 1, "an unknown key"),
    ],
}


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
