"""Judges mmdit-quantize on a checkpoint larger than what it may hold in memory: its peak, and what
is left when it is killed, interrupted or finds no space.

    judge_memory.py FOLDER_WITH_THE_TOOLS [GIGABYTES]

Makes a checkpoint of 4 GB, or less where the disk has no room, in .build, and removes it.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name)
                for name in (".", "quantization")]
import harness
import judge_quantization
from harness import ROOT
from read_bundle import Bundle, to_float32

THREADS = "4"  # memory grows with the number of threads, which must not be the machine's here
LIMIT = 300_000_000  # what the tool may promise at most, whatever the checkpoint
MODELS = {"flux2-klein-4b": 7.7, "flux2-klein-9b": 18}  # and their gigabytes
OLD = b"an older file of the same name"


def gigabytes_that_fit(folder, wanted):
    """The checkpoint takes its size, both bundles less than that again."""
    free = shutil.disk_usage(folder).free / 1e9
    fitting = min(wanted, int(free / 2.2 * 10) / 10)
    if fitting < 2:
        sys.exit(f"error: {folder}: {free:.1f} GB are free, the smallest checkpoint needs 4.4 GB")
    if fitting < wanted:
        print(f"{free:.1f} GB are free: the checkpoint has {fitting} GB instead of {wanted}")
    return fitting


def values(folder, name, rows):
    """Some rows of a tensor of the checkpoint as float32, read without the rest of the file."""
    index = json.loads((folder / "diffusion_pytorch_model.safetensors.index.json").read_text())
    with open(folder / index["weight_map"][name], "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
        columns = entry["shape"][-1]
        file.seek(8 + length + entry["data_offsets"][0] + 2 * columns * rows.start)
        return to_float32(file.read(2 * columns * len(rows)), "BF16").reshape(-1, columns)


class MemoryJudge(harness.Judge):
    def measure(self, *command):
        """Runs a tool; returns its exit code, seconds and peak memory."""
        helper = pathlib.Path(__file__).with_name("peak_memory.py")
        process = subprocess.run(
            [sys.executable, "-I", "-S", helper, self.binaries / command[0], *command[1:]],
            capture_output=True, text=True)
        found = json.loads(process.stderr.splitlines()[-1])
        self.check(found["exit"] == 0, f"{command}: exit code {found['exit']}: {process.stderr}")
        return found

    def quantize_whole(self, source, output, recipe, *options):
        report_path = self.folder / "report.json"
        found = self.measure("mmdit-quantize", source, "--recipe", recipe, "--output", output,
                             "--json", report_path, "--threads", THREADS, *options)
        report = json.loads(report_path.read_text())
        peak, bound = found["peak_bytes"], report["peak_memory_bytes_bound"]
        self.check(peak <= bound, f"{recipe}: peak of {peak} bytes, promised {bound}")
        self.check(bound < LIMIT, f"{recipe}: a bound of {bound} bytes is too much")
        self.check(report["output_bytes"] == output.stat().st_size, f"{recipe}: output_bytes")
        size, seconds = report["source_bytes"], found["seconds"]
        print(f"{' '.join([recipe, *options])}: {seconds:.1f} s, {size / seconds / 1e9:.2f} GB/s "
              f"of source, peak {peak / 1e6:.1f} MB, bound {bound / 1e6:.1f} MB, "
              f"{100 * report['output_bytes'] / size:.1f} % of the size", flush=True)

    def convert_whole(self, source, output):
        report_path = self.folder / "conversion.json"
        found = self.measure("mmdit-convert", source, "--layout", "bfl", "--output", output,
                             "--json", report_path, "--threads", THREADS)
        report = json.loads(report_path.read_text())
        peak, bound = found["peak_bytes"], report["peak_memory_bytes_bound"]
        self.check(peak <= bound, f"convert: peak of {peak} bytes, promised {bound}")
        self.check(bound < LIMIT, f"convert: a bound of {bound} bytes is too much")
        size, seconds = report["target"]["bytes"], found["seconds"]
        print(f"convert: {seconds:.1f} s, {size / seconds / 1e9:.2f} GB/s, peak {peak / 1e6:.1f} MB, "
              f"bound {bound / 1e6:.1f} MB", flush=True)

    def stop_halfway(self, source, output, recipe, with_signal, *options):
        """Sends a signal when the tool has read the sources one and a half times: once for the
        digests, then half for the codes. Returns its exit code and what it said."""
        size = sum(path.stat().st_size for path in source.glob("*.safetensors"))
        process = subprocess.Popen(
            [self.binaries / "mmdit-quantize", source, "--recipe", recipe, "--output", output,
             *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            # A judge started in the background of a script ignores SIGINT; the tool must not
            # inherit that, because it would respect it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while process.poll() is None:
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{process.pid}/io").read_text().split()
                if int(fields[fields.index("rchar:") + 1]) >= 1.5 * size:
                    break
            time.sleep(0.01)
        self.check(process.poll() is None, f"{recipe}: it ended before it was stopped")
        process.send_signal(with_signal)
        _, said = process.communicate()
        return process.returncode, said


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def check_content(judge, source, path, recipe):
    """The whole file is as its header says, and some tensors are what the source has."""
    bundle = Bundle(path)
    bundle.check()
    picked = [name for name, tensor in bundle.tensors.items() if "scheme" in tensor][::13]
    for name in picked:
        rows = range(bundle.rows(name) // 2, bundle.rows(name) // 2 + 100)
        weights, decoded = values(source, name, rows), bundle.decode(name)[rows.start:rows.stop]
        if recipe == "int8":
            *_, expected = judge_quantization.quantize(weights, "int8", None, True, "bf16")
            judge.check(decoded.tobytes() == expected, f"{recipe}: {name} is as by numpy")
        error = np.linalg.norm(decoded - weights) / np.linalg.norm(weights)
        # The error of uniform rounding is 1 / √12 of a level, and a level an eighth of the largest
        # of 64 normal numbers, nearly always below 4 standard deviations, or the 127th part of the
        # largest of a row, below 6. The search for the least squared error makes it smaller.
        limit = 4 / 8 / 12**0.5 if recipe == "int4-g64" else 6 / 127 / 12**0.5
        judge.check(error < limit, f"{recipe}: {name} has a relative error of {error}")
    kept = next(name for name, tensor in bundle.tensors.items() if "dtype" in tensor)
    rows = range(bundle.rows(kept))
    judge.check((bundle.decode(kept) == values(source, kept, rows)).all(), f"{kept} is kept")
    print(f"  every checksum, {len(picked)} tensors and {kept} compared with the source")


def check_full_disk(judge, source):
    """Where there is no room it says how much there should be, and leaves nothing."""
    place = judge.folder / "small"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place],
                           capture_output=True, text=True)
    if mount.returncode != 0:
        print("skipped: a full disk, for which a small one has to be mounted: "
              f"{mount.stderr.strip()}")
        return
    try:
        free = shutil.disk_usage(place).free
        output = place / "out.mmdit"
        needed = judge.report("mmdit-quantize", source, "--recipe", "int8", "--output", output,
                              "--dry-run")["disk_bytes_needed"]
        for options in ([], ["--compress"]):
            started = time.monotonic()
            process = judge.tool("mmdit-quantize", source, "--recipe", "int8", "--output", output,
                                 *options, exits=73)
            seconds = time.monotonic() - started
            judge.check(str(needed) in process.stderr and str(free) in process.stderr,
                        f"a full disk: {needed} bytes needed, {free} free: {process.stderr}")
            judge.check(names(place) == [], f"a full disk: it leaves {names(place)}")
            print(f"a full disk: exit code 73 after {seconds:.1f} s: "
                  f"{process.stderr.splitlines()[0].split(': ', 2)[-1]}")
    finally:
        subprocess.run(["umount", place], check=True)


def main(judge, wanted):
    parent = ROOT / ".build"  # on a disk, where /tmp is often memory
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="judge-memory-", dir=parent) as folder:
        source, results = pathlib.Path(folder) / "source", pathlib.Path(folder) / "results"
        results.mkdir()
        started = time.monotonic()
        size = gigabytes_that_fit(folder, wanted)
        model = next((model for model, most in MODELS.items() if size <= most), "flux2-dev")
        subprocess.run([sys.executable, ROOT / "scripts/make-synthetic-checkpoint", source,
                        "--model", model, "--gigabytes", str(size), "--shard-size", "1GB"],
                       check=True)
        print(f"made in {time.monotonic() - started:.1f} s", flush=True)
        check_full_disk(judge, source)

        converted = results / "bfl.safetensors"
        judge.convert_whole(source, converted)
        converted.unlink()

        int8, int4 = results / "int8.mmdit", results / "int4.mmdit"
        int8.write_bytes(OLD)
        code, _ = judge.stop_halfway(source, int8, "int8", signal.SIGKILL)
        judge.check(code == -signal.SIGKILL, f"killed: exit code {code}")
        judge.check(int8.read_bytes() == OLD, "killed: the older file is what it was")
        left = names(results)
        judge.quantize_whole(source, int8, "int8")
        judge.check(names(results) == ["int8.mmdit"], f"after it was killed: {names(results)}")
        print(f"  after one that was killed halfway and left {left}")
        check_content(judge, source, int8, "int8")
        int8.unlink()

        int4.write_bytes(OLD)
        code, said = judge.stop_halfway(source, int4, "int4-g64", signal.SIGINT, "--compress")
        judge.check(code == 130, f"interrupted: exit code {code}: {said}")
        judge.check(names(results) == ["int4.mmdit"], f"interrupted: {names(results)}")
        judge.check(int4.read_bytes() == OLD, "interrupted: the older file is what it was")
        print("interrupted halfway: exit code 130, nothing left, the older file untouched")
        judge.quantize_whole(source, int4, "int4-g64", "--compress")
        check_content(judge, source, int4, "int4-g64")


with MemoryJudge() as judge:
    main(judge, float(sys.argv[2]) if len(sys.argv) > 2 else 4)
