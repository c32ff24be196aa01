"""How the time and the memory of a forward pass grow with the model, the tokens and the threads.

The models are slices of published ones with their widths, in int8, computed in float32; klein 4B is
whole, and the smallest is a slice of it made narrower.
"""

import statistics

import numpy

import forward_files
from live import Predictor
from pairs import Pair, work
from work_forward import TEXT, TURNS, own

SLICE, ALL = ("flux2-klein-4b", 0.2, None), ("flux2-klein-4b", 1, None)
# The model, which part of its blocks, its heads where they are others; the picture's side; threads.
CASES = (
    (("flux2-klein-4b", 0.2, 8), 16, 2), (("flux2-klein-4b", 0.05, None), 16, 2), (SLICE, 16, 1),
    (SLICE, 16, 2), (SLICE, 32, 2), (SLICE, 64, 2), (("flux2-klein-4b", 0.5, None), 16, 2),
    (ALL, 16, 2), (("flux2-klein-9b", 0.1, None), 16, 2), (("flux2-dev", 0.02, None), 16, 2))
QUICK = CASES[:4]
WHOLE = (  # heads, blocks of both kinds, size of the text, billions of weights
    ("klein 4B", 24, 25, 7680, 3.88), ("klein 9B", 32, 32, 12288, 9.08), ("dev 32B", 48, 56, 15360, 32.2))


def operations(width, blocks, text_size, image, text):
    """Those of the products with weights, two for each weight and token, and those of attention.

    Every token meets 13 width² weights in a block of either kind: 4 of attention, 9 of SwiGLU. Of the
    last block the text only has keys and values, 2 width².
    """
    tokens = image + text
    linear = 2 * width**2 * (13 * tokens * blocks - 11 * text) \
        + 2 * width * (text * text_size + 256 * image)
    return linear, 4 * tokens * width * (tokens * blocks - text)


def weight_count(config):
    """That of linear layers: a double block has the weights twice, 15 width² are modulation."""
    width = 128 * config["num_attention_heads"]
    embedders = 1 + config["guidance_embeds"]
    return width**2 * (
        26 * config["num_layers"] + 13 * config["num_single_layers"] + 15 + 2 + embedders
    ) + width * (config["joint_attention_dim"] + 2 * 128 + 256 * embedders)


def memory_law(facts):
    """What the documentation of `Transformer.velocities` says, and the text itself, in bytes.

    SwiGLU is three times as wide as the stream, the largest weight has nine times as many rows.
    """
    tokens, width = facts["image"] + facts["text"], facts["width"]
    values = (20 * tokens * width + facts["text"] * facts["text_size"]
              + facts["threads"] * (56 * (2 * tokens + 128) + 2**21))
    return 4 * values + min(2**26, 4 * 9 * width**2)


@work("forward-scaling")
def scaling(bench):
    for part, side, threads in QUICK if bench.quick else CASES:
        folder = forward_files.checkpoint(bench, *part)
        config = forward_files.configuration(folder)
        facts = {"model": part[0], "width": 128 * config["num_attention_heads"],
                 "blocks": config["num_layers"] + config["num_single_layers"],
                 "text_size": config["joint_attention_dim"], "image": side * side, "text": TEXT,
                 "threads": threads, "weights": weight_count(config)}
        if part == ALL:
            forward_files.whole_bundle(bench)
        with Predictor(own(bench, forward_files.bundle(bench, folder, "int8"), side, threads, "-")) as ours:
            facts["peak_bytes"] = ours.said["peak_bytes"]
            title = (f"{facts['weights'] / 1e9:.2g} B weights, width {facts['width']}, "
                     f"{side * side} + {TEXT} tokens, threads: {threads}")
            yield Pair(name=f"forward, {title}", unit="s", ours=ours, facts=facts, less_is_better=True,
                       most_turns=TURNS[side])
            yield Pair(name=f"peak memory of a forward pass, {title}", unit="MB", less_is_better=True,
                       ours=lambda: ours.said["peak_bytes"] / 1e6, most_turns=1)
        if part not in (SLICE, ALL):  # which other works use too
            forward_files.remove(folder)


def fit(records):
    """Processor seconds of a linear operation, of one of attention, and of a weight.

    Least squares of relative errors; returns also how far off the law is, at most.
    """
    rows = []
    for record in records:
        facts = record["facts"]
        rows.append((*operations(
            *(facts[key] for key in ("width", "blocks", "text_size", "image", "text"))),
            facts["weights"]))
    rows = numpy.array(rows) / numpy.array([[record["ours_processor_s"]] for record in records])
    scale = rows.max(axis=0)
    law = numpy.linalg.lstsq(rows / scale, numpy.ones(len(rows)), rcond=None)[0] / scale
    return law, float(abs(rows @ law - 1).max())


def NOTES(records):
    records = [record for record in records if record["work"] == "forward-scaling" and "facts" in record]
    if len(records) < len(CASES):
        return ""
    (linear, attention, weight), error = fit(records)
    alone, both = (next(
        record["ours"] for record in records
        if [record["facts"][key] for key in ("width", "blocks", "image", "threads")]
        == [3072, 5, 256, threads]) for threads in (1, 2))
    serial = max(0.0, 2 * both / alone - 1)
    shares = [record["facts"]["peak_bytes"] / memory_law(record["facts"]) for record in records]
    lines = []
    for name, heads, blocks, text_size, billions in WHOLE:
        cells = [name]
        for image in (256, 1024, 4096):
            products, scores = operations(128 * heads, blocks, text_size, image, TEXT)
            cells.append(f"{linear * products + attention * scores + weight * billions * 1e9:.0f}")
        facts = {"image": 1024, "text": TEXT, "text_size": text_size, "width": 128 * heads, "threads": 2}
        lines.append("| " + " | ".join([*cells, f"{memory_law(facts) / 1e6:.0f}"]) + " |")
    table = "\n".join(lines)
    # Cores that do what one does, beside a part that only one does: Amdahl's law.
    many = 1 / (serial + (1 - serial) / 64)
    return f"""## What a forward pass costs, and where

In float32 with weights in int8, of N tokens in L blocks of width D with P weights, in seconds of one core
of the machine above,

    2 · 13 D² L · N / {1e-9 / linear:.0f} GFLOP/s + 4 N² D L / {1e-9 / attention:.0f} GFLOP/s + P · {1e9 * weight:.2f} ns

(to the first term the products of embedders are added; from both is taken what the last block would make of
text, which nothing reads and is left out). The three rates are fitted to the
{len(records)} measurements of `forward-scaling`, of 0.1 to 4 B weights, 768 to 4,608 tokens and four
widths, and are off by at most {error:.0%}. The last term is what reading, decoding and packing weights
takes, whatever the tokens. Two threads take {both / alone:.2f} of the time of one: {serial:.0%} of it is
as if only one core did it, or both waited for memory. Memory is, with T of the tokens text of J numbers
each,

    4 N (8 D + 12 D) + 4 T J + threads · 4 (56 (2 N + 128) + 2²¹) + min(2²⁶, 36 D²) bytes,

activations, the text, what each thread multiplies at once, and the buffer of weights, whatever P: measured
are {min(shares):.2f} to {max(shares):.2f} of it, {statistics.median(shares):.2f} in the middle, the program
included. What is read of a bundle stays in the page cache, if there is room. By these laws whole models
take, in seconds of one core for pictures of so many tokens and 512 of text, and in megabytes for 1,024
tokens on two threads:

| model | 256 | 1,024 | 4,096 | MB |
|---|---|---|---|---|
{table}

On 64 cores everything but that part is shared out. Were it as large there, they would be
{many:.0f} times as fast as one core; but what two cores wait for is each other's memory and clocks, and
more sockets have more of both. A layer's rows are shared in units of equal size, as many for each core,
down to 32 rows: the widest of klein 4B has 62 of 448 rows in bf16, one for nearly every core, and 124
of 224 in int8, two for each. The narrow ones have 48 of 64 rows, for which a core reads all packed
tokens, 9.4 MB for 256 + 512, in the millisecond that its arithmetic takes: 9 GB/s each, 450 GB/s in all,
and 16 cores wait. That is the bottleneck, which caches shared by eight cores can serve and memory alone
cannot; and on so many cores the tokens have to be shared out as well. Weights in int8 are read once
whatever the cores: 3.9 GB at 200 GB/s are 0.02 s, beside 0.4 s of arithmetic on 64 cores, so they are no
bound until there are fewer than some 40 tokens. Memory grows by 8 MB for each thread.

A cluster gains for batches, with whole predictions on each machine and nothing exchanged: prompts, seeds
and noise levels are independent. One prediction in parts by blocks moves N · 4 D bytes from machine to
machine, 9 MB or a millisecond at 10 GB/s, but only one of them works at a time; by heads, all work and
exchange as much twice a block, 50 times in klein 4B. That is 0.05 s beside 0.4 s of arithmetic on one
machine of 64 cores: four of them take 0.15 s, and more gain little.
"""
