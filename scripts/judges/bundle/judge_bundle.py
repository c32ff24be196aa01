"""Judges bundles by scripts/read_bundle.py, numpy and the package safetensors.

    judge_bundle.py FOLDER_WITH_THE_TOOLS

The fixture is quantized with the built-in recipes and with every scheme there is; what must be true
of each bundle, compressed or not, is in the functions below.
"""

import hashlib
import itertools
import json
import pathlib
import sys

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name)
                for name in (".", "quantization")]
import harness
import judge_quantization
import relayout
from harness import MODEL, RECIPES, read_safetensors, source_tensors
from read_bundle import Bundle, to_float32

SOURCES = source_tensors()


def source(name):
    """The weights of a tensor of the fixture as float32."""
    dtype, shape, data = SOURCES[name]
    return to_float32(data, dtype).reshape(shape)


def schemes(clip):
    """All 60 schemes with this clipping, small groups first."""
    values = (16, 32, 64, 128, "row"), (8, 4), (True, False), ("f32", "f16", "bf16")
    for group, bits, symmetric, scale in itertools.product(*values):
        yield {"bits": bits, "symmetric": symmetric, "group": group, "scale": scale, "clip": clip}


def recipe_of_all_schemes(clip):
    """One scheme for each of the 60 smallest matrices; small groups take longest to judge and go to
    the smallest of them."""
    matrices = sorted(
        (len(data), name) for name, (_, shape, data) in SOURCES.items() if len(shape) == 2)
    rules = [{"match": name, "scheme": scheme, "reason": "every scheme once"}
             for (_, name), scheme in zip(matrices, schemes(clip), strict=False)]
    return {"format": "mmdit-recipe", "version": 1, "name": f"all-{clip}", "rules": rules}


def bf16(values):
    """Rounds float32 to the bits of bfloat16, to nearest, ties to even. All values are finite."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def quantized(bundle):
    return [name for name, tensor in bundle.tensors.items() if "scheme" in tensor]


def check_bundle(judge, path):
    """The file is whole for both readers, keeps what it keeps, and names its sources."""
    bundle = Bundle(path)
    bundle.check()
    judge.tool("mmdit-bundle", "check", path)
    for name in set(bundle.tensors) - set(quantized(bundle)):
        judge.check(bytes(bundle.segment(name, "values")) == SOURCES[name][2],
                    f"{path.name}: {name} has the bytes of the source")
    judge.check(set(bundle.tensors) == set(SOURCES), f"{path.name} has the tensors of the source")
    for file in bundle.header["provenance"]["sources"]:
        data = (MODEL / "transformer" / file["name"]).read_bytes()
        judge.check(
            (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"]),
            f"{path.name}: size and digest of {file['name']}")
    return bundle


def check_unpacked(judge, path):
    """What `unpack` decodes is what numpy decodes and rounds, bit for bit."""
    bundle = Bundle(path)
    decoded = {name: bundle.decode(name) for name in bundle.tensors}
    rounded = {"f32": lambda values: values, "f16": lambda values: values.astype(np.float16),
               "bf16": bf16}
    for dtype, rounding in rounded.items():
        output = judge.folder / f"unpacked-{dtype}.safetensors"
        judge.tool("mmdit-bundle", "unpack", path, "--output", output, "--dtype", dtype)
        unpacked = read_safetensors(output)
        judge.check(set(unpacked) == set(bundle.tensors), f"{path.name}: names of unpack {dtype}")
        for name, (kind, shape, data) in unpacked.items():
            expected = (dtype.upper(), list(decoded[name].shape), rounding(decoded[name]).tobytes()) \
                if "scheme" in bundle.tensors[name] else SOURCES[name]
            judge.check((kind, shape, data) == expected, f"{path.name}: unpack {dtype}: {name}")
        output.unlink()


def check_absmax(judge, bundle):
    """Codes, scales and zero points are those of the slow account in numpy."""
    weights = 0
    for name in quantized(bundle):
        scheme = bundle.tensors[name]["scheme"]
        if scheme["clip"] != "absmax":
            continue
        group = None if scheme["group"] == "row" else scheme["group"]
        codes, scales, zeros, _ = judge_quantization.quantize(
            source(name), f"int{scheme['bits']}", group, scheme["symmetric"], scheme["scale"])
        expected = {"codes": codes, "scales": scales, "zero_points": zeros}
        for kind in bundle.row_bytes(name):
            judge.check(bytes(bundle.segment(name, kind)) == expected[kind],
                        f"{name} {kind}: {scheme}")
        weights += source(name).size
    return weights


def group_errors(bundle, name):
    """The squared error of each group, in float64. All groups of the fixture are full."""
    errors = (bundle.decode(name).astype(np.float64) - source(name)) ** 2
    group = bundle.tensors[name]["scheme"]["group"]
    return errors.reshape(-1, bundle.columns(name) if group == "row" else group).sum(axis=1)


def check_mse(judge, mse, absmax):
    """The search never loses against absmax in any group, and wins somewhere."""
    ratios = []
    for name in quantized(mse):
        searched, largest = group_errors(mse, name), group_errors(absmax, name)
        # Both sums and the tool's own may be off by their rounding: n + 2 operations of a relative
        # error of 2^-53 each; no group here has more than 1024 values.
        slack = 2 * 1026 * 2.0**-53 * largest
        judge.check((searched <= largest + slack).all(),
                    f"{name}: mse loses in {(searched > largest + slack).sum()} groups, by "
                    f"{(searched / np.maximum(largest, 1e-300)).max() - 1:.2e}: "
                    f"{mse.tensors[name]['scheme']}")
        ratios.append(np.sqrt(searched.sum() / largest.sum()))
    judge.check(min(ratios) < 0.97, f"mse is better than absmax somewhere: {min(ratios)}")
    return min(ratios), max(ratios)


def checksums(bundle):
    return {name: {kind: bundle.tensors[name][kind]["crc32"] for kind in bundle.row_bytes(name)}
            for name in bundle.tensors}


def code_sizes(bundle):
    """Weights, order-0 entropy in bits and stored bits of all codes, for each width of codes."""
    sizes = {}
    for bits in (8, 4):
        names = [name for name in quantized(bundle)
                 if bundle.tensors[name]["scheme"]["bits"] == bits]
        if not names:
            continue
        counts = sum(np.bincount(bundle.codes(name).ravel() + 128, minlength=512) for name in names)
        shares = counts[counts > 0] / counts.sum()
        stored = sum(8 * run[3] for name in names for run in bundle.runs(name) if run[0] == "codes")
        sizes[bits] = counts.sum(), -(shares * np.log2(shares)).sum() * counts.sum(), stored
    return sizes


def check_compression(judge, recipe, resident):
    """Compressing changes nothing but the size, which is that of the information in the codes."""
    compressed, _ = judge.quantize(f"{recipe}-compressed.mmdit", recipe, "--compress")
    bundle = check_bundle(judge, compressed)
    judge.check(checksums(bundle) == checksums(Bundle(resident)), f"{recipe}: checksums compressed")
    again, packed = judge.folder / "again.mmdit", judge.folder / "packed.mmdit"
    judge.tool("mmdit-bundle", "repack", compressed, "--output", again)
    judge.tool("mmdit-bundle", "repack", resident, "--output", packed, "--compress")
    judge.check(again.read_bytes() == resident.read_bytes(), f"{recipe}: repacked to resident")
    judge.check(packed.read_bytes() == compressed.read_bytes(), f"{recipe}: repacked to compressed")
    for bits, (count, entropy, stored) in code_sizes(bundle).items():
        judge.check(stored <= 1.02 * entropy,
                    f"{recipe}: {stored} bits for {entropy:.0f} of entropy")
        print(f"  {recipe}: int{bits} codes: entropy {entropy / count:.4f} bits per weight, stored "
              f"{stored / count:.4f}, {100 * (stored / entropy - 1):+.2f} %")


def check_determinism(judge, recipe, path, *options):
    for run, threads in enumerate((1, 2, 3)):
        other, _ = judge.quantize(f"run-{run}.mmdit", recipe, "--threads", threads, *options)
        judge.check(other.read_bytes() == path.read_bytes(), f"{path.name}: {threads} threads")
        other.unlink()


def check_dry_run(judge, recipe, real):
    path, report = judge.quantize("dry.mmdit", recipe, "--dry-run")
    judge.check(not list(judge.folder.glob("dry*")), "a dry run writes nothing")
    for key in report.keys() - {
            "dry_run", "output_bytes", "resumed_bytes", "peak_memory_bytes"}:
        judge.check(report[key] == real[key], f"{recipe}: {key} of the dry run")
    bundle = Bundle(judge.folder / f"{recipe}.mmdit")
    for tensor in report["tensors"]:
        stored = sum(run[3] for run in bundle.runs(tensor["name"]))
        judge.check(stored == tensor["bytes"], f"{recipe}: bytes of {tensor['name']}")
    judge.check(sum(tensor["bytes"] for tensor in report["tensors"]) == report["weight_bytes"],
                f"{recipe}: weight_bytes")
    judge.check(report["disk_bytes_needed"] >= real["output_bytes"] == len(bundle.data),
                f"{recipe}: {report['disk_bytes_needed']} bytes of disk for {len(bundle.data)}")


def places(bundle):
    """(what, offset, tensor or None) of bytes in each kind of place."""
    for offset in (0, 8, 12, 16, 24):
        yield "prelude", offset, None
    length = len(bundle.data) - bundle.header_offset
    for share in (0, 1 / 3, 2 / 3, 1):
        yield "header", bundle.header_offset + int(share * (length - 1)), None
    seen = set()
    for name in reversed(bundle.tensors):
        for kind, _, offset, stored in bundle.runs(name):
            variety = kind, bundle.tensors[name].get("scheme", {}).get("bits")
            if variety not in seen:
                seen.add(variety)
                # The first byte of a zstd frame belongs to its magic number.
                for at in (0, stored // 2, stored - 1):
                    yield f"{kind} at {at} of {stored}", offset + at, name
    end = 32
    for name in bundle.tensors:
        for _, _, offset, stored in bundle.runs(name):
            if offset > end and ("padding", offset - end > 64) not in seen:
                seen.add(("padding", offset - end > 64))
                yield "padding", end, None
                yield "padding", offset - 1, None
            end = offset + stored


def check_left_out_digests(judge, recipe, path):
    """Without the digests of its sources a bundle is the same but for these."""
    bare, _ = judge.quantize(f"bare-{recipe}.mmdit", recipe, "--no-source-digests")
    judge.tool("mmdit-bundle", "check", bare)
    with_digests, without = Bundle(path), Bundle(bare)
    judge.check(with_digests.data[32:with_digests.header_offset]
                == without.data[32:without.header_offset], f"{bare.name}: the same weights")
    sources = without.header["provenance"]["sources"]
    for file, other in zip(with_digests.header["provenance"]["sources"], sources, strict=True):
        judge.check(other == {**file, "sha256": None}, f"{bare.name}: {other} for {file}")
    without.header["provenance"]["sources"] = with_digests.header["provenance"]["sources"]
    judge.check(without.header == with_digests.header, f"{bare.name}: the rest of the header")


def check_damage(judge, path):
    bundle, count = Bundle(path), 0
    data = bytes(bundle.data)
    broken = judge.folder / "broken.mmdit"
    for what, offset, name in places(bundle):
        for flip in (0x01, 0xFF):
            broken.write_bytes(data[:offset] + bytes([data[offset] ^ flip]) + data[offset + 1:])
            process = judge.tool("mmdit-bundle", "check", broken, exits=65)
            where = f"{path.name}: {what}: byte {offset}"
            judge.check(process.returncode == 65 and (name or "") in process.stderr,
                        f"{where}: {process.stderr.strip()}")
            try:
                Bundle(broken).check()
                judge.check(False, f"{where}: read_bundle.py does not see it")
            except ValueError:
                count += 1
    sizes = [0, 1, 31, 32, 4096, len(data) // 2, bundle.header_offset, len(data) - 1]
    for content in [*(data[:size] for size in sizes), data + b"\0", data + data[-4096:]]:
        broken.write_bytes(content)
        process = judge.tool("mmdit-bundle", "check", broken, exits=65)
        judge.check("broken.mmdit" in process.stderr, f"{path.name} cut to {len(content)} bytes")
        count += 1
    print(f"  {path.name}: {count} kinds of damage found")


with harness.Judge() as judge:
    resident = {}
    for recipe in RECIPES:
        resident[recipe], report = judge.quantize(f"{recipe}.mmdit", recipe)
        check_bundle(judge, resident[recipe])
        check_unpacked(judge, resident[recipe])
        check_dry_run(judge, recipe, report)
    print(f"built-in recipes: {len(SOURCES)} tensors each, kept, decoded and unpacked as by numpy")

    for clip in ("absmax", "mse"):
        document = judge.folder / f"all-{clip}.json"
        document.write_text(json.dumps(recipe_of_all_schemes(clip)))
        resident[clip], _ = judge.quantize(f"all-{clip}.mmdit", document)
        bundle = check_bundle(judge, resident[clip])
        found = [bundle.tensors[name]["scheme"] for name in quantized(bundle)]
        judge.check(len(found) == 60 and all(scheme in found for scheme in schemes(clip)),
                    f"{clip}: all 60 schemes")
        check_unpacked(judge, resident[clip])
    absmax, mse = Bundle(resident["absmax"]), Bundle(resident["mse"])
    weights = check_absmax(judge, absmax) + check_absmax(judge, Bundle(resident["int8"]))
    print(f"120 schemes; {weights} weights have the absmax codes of numpy")
    best, worst = check_mse(judge, mse, absmax)
    print(f"mse against absmax: {best:.3f} to {worst:.3f} of its root mean square error by tensor, "
          "never more in any group")

    print("compressed:")
    for recipe in RECIPES:
        check_compression(judge, recipe, resident[recipe])
    everything, _ = judge.quantize(
        "all-absmax-compressed.mmdit", judge.folder / "all-absmax.json", "--compress")
    check_unpacked(judge, everything)

    check_determinism(judge, "mixed", resident["mixed"])
    check_determinism(judge, "mixed", judge.folder / "mixed-compressed.mmdit", "--compress")
    print("same bytes with 1, 2 and 3 threads")
    check_left_out_digests(judge, "mixed", resident["mixed"])

    relayout.judge_layouts(judge, list(schemes("absmax")), judge.folder / "all-absmax.json")
    print("other layouts: moved and quantized are the same bytes, there and back too; rows as in numpy")

    print("damage:")
    check_damage(judge, resident["absmax"])
    check_damage(judge, everything)
