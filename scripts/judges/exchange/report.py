"""The matrix of runtimes and schemes: reports/exchange.json and reports/exchange.md."""

import json

from harness import ROOT

JSON, MARKDOWN = ROOT / "reports/exchange.json", ROOT / "reports/exchange.md"
# Figures of our own core depend on the order in which OpenBLAS sums on a machine, which moves an
# error of 1e-3 or more by a few 1e-7; those of a runtime that rounds activations to codes move where a
# sum falls on the other side of a step. What a change of an emitter does is far larger than either.
OWN_TOLERANCE, ROUNDED_TOLERANCE, ABSOLUTE = 1e-3, 0.25, 5e-6
OWN = ("velocity_relative_error", "latents_relative_error")
HEADER = """# Exchange

`scripts/interop` writes this page and CI compares with it: the small model of
`Tests/Fixtures/glyph-klein`, exported to every target of `mmdit-export`, and what the program that
each file is for makes of it on a CPU.

*Loaded*: by that program's own loader, `from_pretrained` or `from_single_file`; single files of
klein need `config=`, since diffusers takes them for FLUX.2 [dev] otherwise. *Values*: what it decodes
is what this suite reads of the file, bit for bit. *Forward error*: ‖v − ours‖ / ‖ours‖ of its
prediction against that of our core with the same file, the largest of the four steps of one golden;
the arithmetic says why it is not 1e-7. *Velocity* and *latents*: our core with the file against the
goldens, the worst of three (4 steps without guidance, 8 with it, and another shape), as in
[glyph-klein/fidelity.md](glyph-klein/fidelity.md).
"""
TEXT_HEADER = """
## Text encoders

The embeddings of every prompt of the goldens, the worst of them. *Forward error*: against float32
with the weights that this suite reads of the folder; *embeddings*: against the golden's.

| target | loaded by | loaded | values | bits/weight | forward error | arithmetic | embeddings |
|---|---|---|---|---:|---:|---|---:|
"""
PIPELINE_HEADER = """
## From text to latents in stable-diffusion.cpp

Two steps. It shows no numbers, only a picture of the latents with eight bits a color, whose rounding
alone is 0.289 levels (1/√12): the root mean square distance, in levels, to the latents of our values
of the same file. *Decoded*: it makes the weights float32 when it loads them; *as stored*: it computes
with codes, and rounds activations to eight bits for that.

| target | loaded by | loaded | decoded | as stored |
|---|---|---|---:|---:|
"""
CARRIED_HEADER = """
## Codes of bundles, moved as they are

The codes and scales of a bundle are in the exported file, and the program decodes the values that
`scripts/read_bundle.py` decodes of the bundle, bit for bit.

| bundle | target | matrices | the same values |
|---|---|---:|---|
"""


def document(rows, carried):
    return {"format": "mmdit-exchange-report", "version": 1, "exports": rows, "carried": carried}


def small(value):
    if value is None:
        return "–"
    return "0" if value == 0 else f"{value:.1e}" if value < 1e-3 else f"{value:.3g}"


def said(value):
    return {True: "yes", False: "**no**", None: "–"}[value]


def bits(row):
    return f"{row['bits_per_weight']:.3f}" if "bits_per_weight" in row else "–"


def notes(rows):
    """What a table has no room for."""
    return "".join(f"\n`{row['target']}` in {row['runtime']}: {row[key]}\n"
                   for row in rows for key in ("note", "refusal") if key in row)


def markdown(document):
    text = HEADER
    for component, title in (("transformer", "Transformers"), ("text_encoder", "Text encoders"),
                             ("pipeline", "Pipelines")):
        rows = [row for row in document["exports"] if row["component"] == component]
        if not rows:
            continue
        if component == "text_encoder":
            text += TEXT_HEADER
            text += "".join(
                f"| `{row['target']}` | {row['runtime']} | {said(row['loaded'])} | "
                f"{said(row.get('values'))} | {bits(row)} | {small(row.get('forward_error'))} | "
                f"{row.get('arithmetic', '–')} | {small(row.get('embedding_relative_error'))} |\n"
                for row in rows)
            text += notes(rows)
            continue
        if component == "pipeline":
            text += PIPELINE_HEADER + "".join(
                f"| `{row['target']}` | {row['runtime']} | {said(row['loaded'])} | "
                f"{small(row.get('decoded_levels'))} | {small(row.get('native_levels'))} |\n"
                for row in rows) + notes(rows)
            continue
        text += (
            f"\n## {title}\n\n| target | loaded by | loaded | values | bits/weight | forward error | "
            "arithmetic | velocity | latents |\n|---|---|---|---|---:|---:|---|---:|---:|\n")
        for row in rows:
            text += "| " + " | ".join([
                f"`{row['target']}`", row["runtime"], said(row["loaded"]), said(row.get("values")),
                bits(row), small(row.get("forward_error")),
                row.get("arithmetic", "–"), small(row.get("velocity_relative_error")),
                small(row.get("latents_relative_error"))]) + " |\n"
        text += notes(rows)
    if document["carried"]:
        text += CARRIED_HEADER + "".join(
            f"| {row['bundle']} | `{row['target']}` | {row.get('tensors', 0)} | {said(row['values'])} |\n"
            for row in document["carried"])
    return text


def write(document):
    JSON.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    MARKDOWN.write_text(markdown(document))


def check(judge, found, left_out):
    """The committed report has these rows and, within the tolerances, these figures."""
    expected = json.loads(JSON.read_text())
    judge.check(MARKDOWN.read_text() == markdown(expected), f"{MARKDOWN.name} is made of {JSON.name}")
    expected["exports"] = [row for row in expected["exports"]
                           if row["target"].split(":")[0] not in left_out]
    for part, keys in (("exports", ("component", "target", "runtime")), ("carried", ("bundle", "target"))):
        ours, theirs = ({tuple(row[key] for key in keys): row for row in rows[part]}
                        for rows in (found, expected))
        judge.check(ours.keys() == theirs.keys(), f"{part}: rows differ: "
                    f"{sorted(ours.keys() ^ theirs.keys())[:4]}; run scripts/interop and commit reports/")
        for row in ours.keys() & theirs.keys():
            compare(judge, " ".join(row), ours[row], theirs[row])


def compare(judge, where, found, expected):
    judge.check(found.keys() == expected.keys(), f"{where}: other keys than in the report")
    for key in found.keys() & expected.keys():
        a, b = found[key], expected[key]
        if isinstance(b, float) and key != "bits_per_weight":
            relative = OWN_TOLERANCE if key in OWN else ROUNDED_TOLERANCE
            judge.check(abs(a - b) <= relative * abs(b) + ABSOLUTE,
                        f"{where}: {key} is {a:.6g}, the report says {b:.6g}")
        else:
            judge.check(a == b, f"{where}: {key} is {a}, the report says {b}")
