"""Runs mmdit-convert and checks what every conversion has to be: its files, report and ledger."""

import json

import torch
from harness import read_safetensors
from safetensors.torch import safe_open
from tensors import bits, weights

PREFIX = "model.diffusion_model."
DIFFUSERS, TRANSFORMERS = "diffusion_pytorch_model", "model"  # what they call files of weights


def convert(judge, source, output, layout, *options, stem=DIFFUSERS):
    """Converts one component; returns the path and what the report says of the component."""
    output, report = convert_whole(judge, source, output, layout, *options)
    [component] = report.get("components", [{}])
    if component:
        check_component(judge, source, output, component, layout, stem)
        judge.check(report["bytes"] == component["bytes"] and not report["copied"],
                    f"{output.name}: {report['bytes']} bytes, copied {report['copied']}")
    return output, component


def convert_whole(judge, source, output, layout, *options):
    """Runs mmdit-convert; returns the path and the report."""
    output = judge.folder / output
    report_path = judge.folder / "report.json"
    report_path.unlink(missing_ok=True)
    judge.tool("mmdit-convert", source, "--output", output, "--layout", layout,
               "--json", report_path, *options)
    report = json.loads(report_path.read_text()) if report_path.exists() else {}
    judge.check(output.exists() and report, f"{output.name} and its report are there")
    judge.check(not list(judge.folder.glob("**/*.partial")), f"{output.name}: nothing is left over")
    return output, report


def check_component(judge, source, output, report, layout, stem):
    """One component: its files, its index and that every row is accounted for.

    `source` is what it was made of, and nothing else.
    """
    check_files(judge, output, report, layout, stem)
    check_ledger(judge, weights(source), weights(output), report, output.name)


def check_files(judge, output, report, layout, stem):
    """Exactly the files that belong there, with an index that is right to the byte."""
    files = sorted(output.iterdir()) if output.is_dir() else [output]
    shards = [file for file in files if file.suffix == ".safetensors"]
    stored = {file.name: read_safetensors(file) for file in shards}
    size = sum(len(data) for tensors in stored.values() for _, _, data in tensors.values())
    said = [(file["name"], file["tensors"], file["bytes"]) for file in report["files"]]
    found = [(name, len(tensors), sum(len(data) for _, _, data in tensors.values()))
             for name, tensors in stored.items()]
    judge.check(said == found, f"{output.name}: files are {found}, the report says {said}")
    judge.check(report["bytes"] == size, f"{output.name}: {size} bytes of tensors")
    for shard in shards:
        with safe_open(shard, "pt") as file:
            judge.check((file.metadata() or {}).get("format") == "pt", f"{shard.name}: format pt")
    if not output.is_dir():
        return
    expected = [f"{stem}-{index + 1:05}-of-{len(shards):05}.safetensors"
                for index in range(len(shards))] if len(shards) > 1 else [f"{stem}.safetensors"]
    index_name = f"{stem}.safetensors.index.json"
    others = [index_name] * (len(shards) > 1) + ["config.json"] * (layout == "diffusers")
    names = [file.name for file in files]
    judge.check(sorted(expected + others) == names, f"{output.name} has {names}")
    if len(shards) > 1:
        index = json.loads((output / index_name).read_text())
        judge.check(index["metadata"]["total_size"] == size,
                    f"{output.name}: total_size {index['metadata']['total_size']} of {size}")
        places = {name: shard for shard, tensors in stored.items() for name in tensors}
        judge.check(index["weight_map"] == places, f"{output.name}: weight_map")


def in_rows(tensor):
    """What is cut when tensors are split and joined: rows, and single values of a vector.

    Rows lie along the first axis that is longer than 1, but never along the last of several.
    """
    if tensor.ndim < 2:
        return tensor.reshape(-1, 1)
    return tensor.reshape(next((size for size in tensor.shape[:-1] if size != 1), 1), -1)


def check_ledger(judge, sources, targets, report, what):
    """The rows that the ledger names make up each tensor, and every source row is in one."""
    ledger = {entry["name"]: entry for entry in report["ledger"]}
    judge.check(ledger.keys() == targets.keys() and len(ledger) == len(report["ledger"]),
                f"{what}: the ledger has each tensor once")
    matrices, used, users = {name: in_rows(tensor) for name, tensor in sources.items()}, {}, {}
    for name, entry in ledger.items():
        for run in entry["rows"]:
            used.setdefault(run["source"], []).append((run["first"], run["count"]))
            users.setdefault(run["source"], set()).add(name)
        check_entry(judge, entry, matrices, targets[name], what)
    dropped = {source["name"]: source["dropped"] for source in report["sources"]
               if source["dropped"] is not None}
    for name, runs in used.items():
        ends = [0, *(first + count for first, count in sorted(runs))]
        judge.check([first for first, _ in sorted(runs)] + [len(matrices[name])] == ends,
                    f"{what}: each row of {name} is used once: {runs}")
    judge.check(used.keys() | dropped.keys() == sources.keys() and not used.keys() & dropped.keys(),
                f"{what}: every tensor of the source is used or dropped")
    judge.check({source["name"]: set(source["targets"]) for source in report["sources"]}
                == {name: users.get(name, set()) for name in sources},
                f"{what}: the report says where every tensor went")


def check_entry(judge, entry, matrices, target, what):
    name, rows = entry["name"], entry["rows"]
    parts = [matrices[run["source"]][run["first"]:run["first"] + run["count"]].flatten()
             for run in rows]
    stored = torch.cat(parts) if len({part.dtype for part in parts}) == 1 else None
    if not entry["cast"]:
        judge.check(entry["shape"] == list(target.shape) and stored is not None
                    and torch.equal(bits(stored), bits(target.flatten())),
                    f"{what}: {name} is the rows of its ledger entry")
    # What the entry calls the change, from the rows alone.
    names = {run["source"] for run in rows}
    [first, *_] = names
    count = sum(run["count"] for run in rows)
    in_order = all(before["first"] + before["count"] == after["first"]
                   for before, after in zip(rows, rows[1:]))
    change = ("fused" if len(names) > 1 else "split" if count < len(matrices[first])
              else "swapped" if not in_order else "kept" if first == name else "renamed")
    judge.check(entry["change"] == change, f"{what}: {name} is {change}, not {entry['change']}")
