"""Compares our reader with the package `safetensors` on right and wrong files.

    python judge_reader.py BINARY [--damaged 500] [--seed 1] [--folder FOLDER]

BINARY is called as `BINARY FILE --json`; it must exit with 0 for a file that it accepts, 65 for one
that it rejects. What the package rejects, we must reject. What it accepts, we must accept, unless a
rule of STRICTER applies: each names where we want more than the package, and why.

Exits with 1 when the two disagree.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unicodedata

from safetensors import SafetensorError, safe_open

import cases


class Pairs(list):
    """A JSON object with its members as they stand, duplicates too."""


def header(content):
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + length], object_pairs_hook=Pairs)


def objects(value):
    if isinstance(value, Pairs):
        yield value
        for _, member in value:
            yield from objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from objects(member)


def starts_with_space(content):
    return content[8:9] in (b" ", b"\t", b"\n", b"\r")


def entries(document):
    return [value for key, value in document if key != "__metadata__" and isinstance(value, Pairs)]


def has_duplicates(document):
    return any(len({key for key, _ in pairs}) < len(pairs) for pairs in objects(document))


def has_unknown_keys(document):
    known = {"dtype", "shape", "data_offsets"}
    return any(key not in known for pairs in entries(document) for key, _ in pairs)


def has_equivalent_names(document):
    names = [key for key, _ in document]
    return len({unicodedata.normalize("NFC", name) for name in names}) < len(set(names))


def has_extent_beyond_63_bits(document):
    return any(
        isinstance(extent, int) and extent >= 2**63
        for pairs in entries(document) for key, value in pairs if key == "shape"
        for extent in value)


def has_array_for_entry(document):
    return any(
        isinstance(value, list) and not isinstance(value, Pairs)
        for key, value in document if key != "__metadata__")


def has_object_for_dtype(document):
    return any(
        isinstance(value, Pairs)
        for pairs in entries(document) for key, value in pairs if key == "dtype")


STRICTER = [
    ("a key occurs twice: readers disagree which one counts", has_duplicates),
    ("an entry has an unknown key: what it changes, we would not honour", has_unknown_keys),
    ("two names are one text for Unicode: people and tools mix them up", has_equivalent_names),
    ("an extent of 2^63 or more: beyond signed integers, only possible beside a 0",
     has_extent_beyond_63_bits),
    ("an entry is an array of its fields: the package's parser reads one, the format has none",
     has_array_for_entry),
    ("a dtype is an object: the package's parser reads one, the format has none",
     has_object_for_dtype),
    ("space stands in front of the header: the format wants `{` as its first byte", None),
]


def package_accepts(path):
    try:
        with safe_open(path, framework="np") as opened:
            opened.keys()
        return True
    except (SafetensorError, OSError, ValueError):
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--damaged", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="keep the files here")
    options = parser.parse_args()

    everything = dict(cases.named())
    everything.update(cases.damaged(options.seed, options.damaged))
    wrong = []
    counts = {"both accept": 0, "both reject": 0}
    used = dict.fromkeys((reason for reason, _ in STRICTER), 0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in everything.items():
            path = folder / (name + ".safetensors")
            path.write_bytes(content)
            accepted = package_accepts(path)
            result = subprocess.run(
                [options.binary, str(path), "--json"], capture_output=True, text=True)
            said = result.stderr.strip()
            if result.returncode not in (0, 65):
                wrong.append(f"{name}: exit {result.returncode}: {said}")
            elif result.returncode == 65 and str(path) not in said:
                wrong.append(f"{name}: the message does not name the file: {said}")
            elif accepted and result.returncode == 65:
                reasons = [
                    reason for reason, applies in STRICTER
                    if (applies(header(content)) if applies else starts_with_space(content))]
                if not reasons:
                    wrong.append(f"{name}: the package accepts, we reject: {said}")
                for reason in reasons:
                    used[reason] += 1
            elif not accepted and result.returncode == 0:
                wrong.append(f"{name}: the package rejects, we accept")
            else:
                counts["both accept" if accepted else "both reject"] += 1
    for reason, count in used.items():
        if count == 0:
            wrong.append(f"no case shows where we are stricter: {reason}")
    print(f"{len(everything)} files (seed {options.seed}):", counts)
    for reason, count in used.items():
        print(f"  stricter, {count} files: {reason}")
    for line in wrong:
        print("WRONG", line)
    sys.exit(1 if wrong else 0)


main()
