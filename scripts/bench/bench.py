"""Runs the works of this folder and writes what they give as JSON lines and as a table.

See `run`. Records of works that are not run again stay in the report as they are.
"""

import argparse
import dataclasses
import importlib
import importlib.metadata
import json
import pathlib
import sys
import tempfile

import pairs

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("torch", "torchao", "bitsandbytes", "gguf", "diffusers")
HEADING = """# Speed

Ours and what other packages reach on the same files, measured in turn in one run: medians, and behind
± half of the range as a share of the median. A ratio is the median of those of neighbours. Processor
seconds are the least of one turn, of all cores together, ours / the peer's: on a machine with others
they tell more than the time. Bold is short of its target. The table is made by

    scripts/bench/run .build/release --report reports/performance.md [--quick]

"""


def figure(value):
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def wanted(record):
    sign = "≤" if record["less_is_better"] else "≥"
    parts = []
    if record["target"] is not None:
        parts.append(f"{sign} {record['target']:g}")
    if record["ratio_target"] is not None:
        parts.append(f"{sign} {record['ratio_target']:g} ×")
    return ", ".join(parts)


def seconds(record):
    peers = record["peer_processor_s"]
    return figure(record["ours_processor_s"]) + ("" if peers is None else f" / {figure(peers)}")


def with_spread(value, share):
    return "" if value is None else f"{figure(value)} ± {share:.0%}"


def table(records):
    lines = ["| work | unit | ours | peer | peer's | ratio | target | processor s |",
             "|---|---|---|---|---|---|---|---|"]
    for record in records:
        ratio = "" if record["ratio"] is None else figure(record["ratio"]) + " ×"
        ours = with_spread(record["ours"], record["ours_spread"])
        if pairs.met(record) is False:
            ours, ratio = f"**{ours}**", f"**{ratio}**" if ratio else ""
        lines.append(
            f"| {record['name']} | {record['unit']} | {ours} | {record['peer_name'] or ''} "
            f"| {with_spread(record['peer'], record['peer_spread'])} | {ratio} | {wanted(record)} "
            f"| {seconds(record)} |")
    return "\n".join(lines)


def own_tables(records):
    """Those of `Row`s, each below its name."""
    text = ""
    for name in dict.fromkeys(record["table"] for record in records):
        rows = [record["cells"] for record in records if record["table"] == name]
        lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
        lines += ["| " + " | ".join(
            cell if isinstance(cell, str) else figure(cell) for cell in row.values()) + " |"
            for row in rows]
        text += f"## {name}\n\n" + "\n".join(lines) + "\n\n"
    return text


def versions(bench):
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    for peer, package in (("sdcpp", "stable-diffusion-cpp-python"), ("llamacpp", "xllamacpp")):
        if python := bench.peers[peer]:
            site = next(pathlib.Path(python).parents[1].glob(
                f"lib/python3*/site-packages/{package.replace('-', '_')}-*.dist-info"), None)
            if site:
                found[package] = site.name.removesuffix(".dist-info").rpartition("-")[2]
    return found


def report(records, notes):
    """The Markdown, machine by machine, with what the modules have to say."""
    text = HEADING
    for machine, packages in dict.fromkeys(
            (json.dumps(r["machine"], sort_keys=True), json.dumps(r["versions"], sort_keys=True))
            for r in records):
        shown, peers = json.loads(machine), json.loads(packages)
        here = [r for r in records if json.dumps(r["machine"], sort_keys=True) == machine
                and json.dumps(r["versions"], sort_keys=True) == packages]
        compared = [r for r in here if "table" not in r]
        text += f"{shown['processor']}, {shown['cores']} cores, {shown['system']}; " + ", ".join(
            f"{name} {version}" for name, version in peers.items())
        if compared:
            text += f"; at least {min(r['turns'] for r in compared)} turns each"
        text += ".\n\n"
        text += table(compared) + "\n\n" if compared else ""
        text += own_tables([r for r in here if "table" in r])
    return "\n\n".join([text.rstrip(), *notes]) + "\n"


def main():
    modules = [importlib.import_module(path.stem) for path in sorted(HERE.glob("work_*.py"))]
    parser = argparse.ArgumentParser(prog="scripts/bench/run")
    parser.add_argument("binaries")
    parser.add_argument("--only", action="append", choices=list(pairs.WORKS))
    parser.add_argument("--quick", action="store_true", help="small files, two turns")
    parser.add_argument("--turns", type=int)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--report", type=pathlib.Path, help="a .md; the .jsonl stands beside it")
    options = parser.parse_args()
    if options.list:
        print("\n".join(pairs.WORKS))
        return
    turns = options.turns or (2 if options.quick else 5)
    records = []
    with tempfile.TemporaryDirectory(prefix="mmdit-bench-") as folder:
        bench = pairs.Bench(options.binaries, folder, options.quick)
        state = {"machine": pairs.machine(), "versions": versions(bench)}
        load = state["machine"].pop("load")
        if load > 0.5:
            print(f"the machine is not quiet: load {load}", file=sys.stderr)
        for name in options.only or pairs.WORKS:
            for item in pairs.WORKS[name](bench):
                found = (dataclasses.asdict(item) if isinstance(item, pairs.Row)
                         else pairs.measure(item, turns))
                record = {"work": name, **found, "load": load, **state}
                records.append(record)
                print(json.dumps(record, ensure_ascii=False), flush=True)
    if options.report:
        lines = options.report.with_suffix(".jsonl")
        known = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
        made = {record["work"] for record in records}
        records = [record for record in known if record["work"] not in made] + records
        lines.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records))
        notes = [module.NOTES for module in modules if hasattr(module, "NOTES")]
        notes = [note(records) if callable(note) else note for note in notes]
        options.report.write_text(report(records, [note.strip() for note in notes if note]))
    else:
        if compared := [record for record in records if "table" not in record]:
            print(table(compared))
        print(own_tables([record for record in records if "table" in record]), end="")
    # Being short of a target is a finding, not a failure: machines are shared.


if __name__ == "__main__":
    main()
