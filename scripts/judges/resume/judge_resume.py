"""Judges --resume of mmdit-convert and mmdit-quantize: killed again and again at random moments, and
on a full disk, they end with the bytes of an uninterrupted run.

    judge_resume.py FOLDER_WITH_THE_TOOLS [SEED]

Journals are read here by formats/journal.md alone: what a run says it took over has to be what they
claim. Makes a checkpoint of 250 MB in .build, and removes it.
"""

import contextlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from harness import ROOT

MAGIC = b"\x89MMJNL\r\n"
HEADER, RECORD = 80, 32
KILLS = 6  # of each of the four outputs
OLD = b"an older file of the same name"
MARKER = ".mmdit-partial"
THREADS = ["--threads", "2"]


def records(journal):
    """offset → (place in the journal, length, checksum), of records whose check is right."""
    content = journal.read_bytes()
    version, check = struct.unpack_from("<II", content, 8)
    assert content[:8] == MAGIC and version == 1 and check == zlib.crc32(content[16:HEADER])
    found = {}
    for place in range(HEADER, len(content) - RECORD + 1, RECORD):
        offset, length, _, checksum, check = struct.unpack_from("<QQQII", content, place)
        if check == zlib.crc32(content[place:place + RECORD - 4]):
            found[offset] = (place, length, checksum)
    return found


def partial_files(partial):
    """(file with bytes, its journal) of a partial output: itself, or what is in the folder."""
    journals = sorted(partial.glob("*.partial.journal")) if partial.is_dir() \
        else [path for path in [partial.with_name(partial.name + ".journal")] if path.exists()]
    for journal in journals:
        half = journal.with_name(journal.name.removesuffix(".journal"))
        whole = journal.with_name(journal.name.removesuffix(".partial.journal"))
        yield half if half.exists() else whole, journal


def claimed(partial):
    """The bytes of the pieces that are what the journals say."""
    total = 0
    for path, journal in partial_files(partial):
        if not path.exists():
            continue
        with open(path, "rb") as file:
            for offset, (_, length, checksum) in records(journal).items():
                file.seek(offset)
                total += length if zlib.crc32(file.read(length)) == checksum else 0
    return total


def content(output):
    """name → bytes of a file or a folder."""
    if output.is_dir():
        return {path.name: path.read_bytes() for path in output.iterdir()}
    return {"": output.read_bytes()}


def remove(*paths):
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


class Output:
    """One way to write something, and the bytes it has when nothing interrupts it."""

    def __init__(self, judge, name, *arguments):
        self.judge, self.name = judge, name
        self.path = judge.folder / name
        self.partial = self.path.with_name(name + ".partial")
        self.arguments = [str(argument) for argument in arguments]
        started = time.monotonic()
        judge.tool(*self.command(), *THREADS)
        self.seconds = time.monotonic() - started
        self.expected = content(self.path)
        self.clear()
        # What a run reads and writes: a bundle's sources are read once more, for their digests.
        passes = 2 if self.arguments[0] == "mmdit-quantize" else 1
        self.byte_count = sum(map(len, self.expected.values()))
        self.traffic = passes * judge.source_byte_count + self.byte_count

    def command(self, path=None):
        return [*self.arguments, "--output", path or self.path]

    def clear(self):
        remove(self.path, self.partial, self.partial.with_name(self.partial.name + ".journal"))

    def start(self, *options, path=None, **kinds):
        tool, *arguments = self.command(path)
        return subprocess.Popen(
            [self.judge.binaries / tool, *arguments, *THREADS, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **kinds)

    def stop(self, part, with_signal, *options):
        """Sends a signal when so much of the bytes of a run has been read and written: by time it
        would be too early on one machine and too late on the next. Its exit code, and what it said.
        """
        process = self.start(
            *options, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while process.poll() is None:
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{process.pid}/io").read_text().split()
                moved = [int(fields[fields.index(name) + 1]) for name in ("rchar:", "wchar:")]
                if sum(moved) >= part * self.traffic:
                    process.send_signal(with_signal)
                    break
            time.sleep(0.001)
        _, said = process.communicate()
        return process.returncode, said

    def leave(self, random):
        """Leaves the partial output of a run that was killed with some pieces finished."""
        for _ in range(20):
            self.clear()
            self.stop(random.uniform(0.6, 0.95), signal.SIGKILL)
            if self.partial.exists() and claimed(self.partial):
                return
        raise AssertionError(f"{self.name}: it cannot be killed halfway")

    def finish(self, what, *options, expected=None):
        """Resumes to the end; returns the report and what was said."""
        process = self.judge.tool_speaking(*self.command(), *THREADS, "--resume", *options)
        report = json.loads(process.stdout) if process.returncode == 0 else {}
        names = sorted(path.name for path in self.path.parent.glob(self.name + "*"))
        self.judge.check(names == [self.name], f"{self.name}: {what}: it leaves {names}")
        self.judge.check(
            self.path.exists() and content(self.path) == (expected or self.expected),
            f"{self.name}: {what}: its bytes are those of an uninterrupted run")
        return report, process.stderr


class ResumeJudge(harness.Judge):
    def tool_speaking(self, name, *arguments):
        """As `tool`, with notices and the report."""
        process = subprocess.run(
            [str(self.binaries / name), *map(str, arguments), "--json", "-"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.check(process.returncode == 0,
                   f"{name} {arguments}: exit code {process.returncode}: {process.stderr}")
        return process


def check_kills(judge, output, random):
    """Killed, gone on with, killed again, and finished."""
    killed, progress, finished_early = 0, [], 0
    while killed < KILLS and finished_early < 50:
        # The first is not told that it will be gone on with, and comes to its first pieces.
        options = ["--resume"] if output.partial.exists() else []
        code, said = output.stop(
            random.uniform(0, 1) if options else random.uniform(0.6, 0.8), signal.SIGKILL, *options)
        if code == -signal.SIGKILL:
            killed += 1
        else:
            judge.check(code == 0, f"{output.name}: exit code {code}: {said}")
        if output.path.exists():  # it was faster
            judge.check(content(output.path) == output.expected,
                        f"{output.name}: finished before it was killed, it is whole")
            finished_early += 1
            output.clear()
            continue
        progress.append(claimed(output.partial))
    saved = claimed(output.partial)
    report, said = output.finish(f"after {killed} kills")
    judge.check(report.get("resumed_bytes") == saved,
                f"{output.name}: {saved} bytes are claimed, {report.get('resumed_bytes')} resumed")
    judge.check(killed == KILLS, f"{output.name}: {killed} kills")
    print(f"{output.name}: {killed} kills, after each of them finished: "
          + " ".join(f"{100 * bytes / output.byte_count:.0f}%" for bytes in progress)
          + f"; {finished_early} runs were faster", flush=True)
    return killed, saved


def check_damage(judge, output, random):
    """A finished piece whose bytes changed is made again, and so is one whose record is torn."""
    output.leave(random)
    before = claimed(output.partial)
    files = [(path, journal) for path, journal in partial_files(output.partial)
             if path.exists() and records(journal)]
    path, journal = random.choice(files)
    pieces = records(journal)
    offset = random.choice(sorted(pieces))
    _, length, _ = pieces[offset]
    with open(path, "r+b") as file:
        at = offset + random.randrange(length)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << random.randrange(8)]))
    judge.check(claimed(output.partial) == before - length, f"{output.name}: a bit was damaged")
    report, said = output.finish("with a damaged piece")
    # With a piece of a bundle those of the same rows are made again.
    judge.check(0 <= report.get("resumed_bytes", before) <= before - length,
                f"{output.name}: the damaged piece is not taken over")
    judge.check("1 damaged pieces were made again" in said, f"{output.name}: it says: {said}")

    output.leave(random)
    before = claimed(output.partial)
    path, journal = [pair for pair in partial_files(output.partial) if records(pair[1])][-1]
    os.truncate(journal, journal.stat().st_size - random.randrange(1, RECORD))
    judge.check(claimed(output.partial) < before, f"{output.name}: a record was torn")
    report, _ = output.finish("with a torn record")
    judge.check(0 <= report.get("resumed_bytes", before) < before,
                f"{output.name}: the piece of the torn record is not taken over")


def check_garbage(judge, output, random, *kinds):
    """Whatever stands in the journal, the result is right."""
    for what in kinds:
        output.leave(random)
        for _, journal in partial_files(output.partial):
            kept = journal.read_bytes()
            noise = random.randbytes(random.randrange(1, 4000))
            journal.write_bytes({
                "garbage": noise, "garbage behind the header": kept[:HEADER] + noise + kept[HEADER:],
                "nothing": b"", "zeros": kept[:HEADER] + bytes(len(kept))}[what])
        output.finish(f"with {what} in the journal")


def check_other_job(judge, output, other, random):
    """What another command left is not mixed in."""
    other.leave(random)
    for path in judge.folder.glob(other.name + ".partial*"):
        path.rename(judge.folder / path.name.replace(other.name, output.name))
    report, said = output.finish("where another job was")
    judge.check(report.get("resumed_bytes") == 0, f"{output.name}: nothing is taken over")
    judge.check("of another job" in said, f"{output.name}: it says so: {said}")


def check_signal(judge, output, random, *signals):
    """Stopped with --resume it keeps what is finished, without it removes everything."""
    for with_signal in signals:
        for options in (["--resume"], []):
            for _ in range(50):
                output.clear()
                code, said = output.stop(random.uniform(0.6, 0.8), with_signal, *options)
                if code == 130:
                    break
            judge.check(code == 130, f"{output.name}: exit code {code}: {said}")
            judge.check(output.partial.exists() == bool(options),
                        f"{output.name}: {options}: what is finished stays if that is wanted")
            judge.check(("--resume goes on" in said) == bool(options), f"{output.name}: {said}")
            if options:
                output.finish("after a signal")


@contextlib.contextmanager
def small_disk(judge, byte_count):
    place = judge.folder / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={byte_count}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def can_mount(folder):
    place = pathlib.Path(folder) / "mount"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True)
    if mounted.returncode == 0:
        subprocess.run(["umount", place], check=True)
    place.rmdir()
    return mounted.returncode == 0


def check_too_small(judge, outputs):
    """A disk that cannot hold the output is refused before the first byte."""
    with small_disk(judge, 20 << 20) as place:
        for output in outputs:
            # A folder of that name would be refused for being there.
            has_old = "." in output.name
            target = place / output.name
            if has_old:
                target.write_bytes(OLD)
            for options in ([], ["--resume"]):
                free = shutil.disk_usage(place).free
                started = time.monotonic()
                process = judge.tool(*output.command(target), *THREADS, *options, exits=73)
                seconds = time.monotonic() - started
                told = [int(word) for word in process.stderr.split() if word.isdigit()]
                # The marker of a folder may take blocks before the disk is asked.
                judge.check(len(told) == 3 and told[0] > free >= told[1] >= free - (1 << 14)
                            and told[2] == told[0] - told[1], f"{output.name}: {process.stderr}")
                names = sorted(path.name for path in place.iterdir())
                judge.check(names == ([output.name] if has_old else []),
                            f"{output.name}: a full disk: it leaves {names}")
                judge.check(not has_old or target.read_bytes() == OLD,
                            f"{output.name}: a full disk: the older file is what it was")
            print(f"{output.name}: too small a disk: exit code 73 after {seconds:.2f} s: "
                  f"{process.stderr.splitlines()[0].split(': ', 2)[-1]}")
            remove(target)


def check_filled_up(judge, output):
    """Someone else fills the disk halfway; with room again it goes on."""
    with small_disk(judge, output.byte_count + (8 << 20)) as place:
        target, partial = place / output.name, place / (output.name + ".partial")
        process = output.start("--resume", path=target)
        while process.poll() is None and not any(partial.glob("*-00002-of-*")):
            pass
        process.send_signal(signal.SIGSTOP)
        with open(place / "filler", "wb") as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(1 << 16))
                filler.flush()
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate()
        judge.check(process.returncode == 73, f"filled up: exit code {process.returncode}: {said}")
        judge.check("What is finished stays" in said and "--resume" in said, f"filled up: {said}")
        judge.check(not target.exists(), "filled up: nothing stands under the name")
        (place / "filler").unlink()
        saved = claimed(partial)
        report = judge.report(*output.command(target), "--resume")
        judge.check(report.get("resumed_bytes") == saved > 0, f"filled up: {saved} bytes are saved")
        judge.check(content(target) == output.expected, "filled up: the bytes are right")
        print(f"{output.name}: filled up by another: exit code 73, {saved} bytes kept and used")


def check_limit(judge, output):
    """A limit of file sizes is no space, too, and neither a signal nor a crash."""
    output.clear()
    output.path.write_bytes(OLD)
    process = output.start(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    _, said = process.communicate()
    judge.check(process.returncode == 73, f"a limit: exit code {process.returncode}: {said}")
    judge.check("limit" in said, f"a limit: {said}")
    judge.check(output.path.read_bytes() == OLD, "a limit: the older file is what it was")
    output.clear()


def main(judge, seed, mounts):
    numbers = random.Random(seed)
    print(f"seed {seed}")
    source = judge.folder / "source"
    subprocess.run([sys.executable, ROOT / "scripts/make-synthetic-checkpoint", source,
                    "--model", "sd3-medium", "--depth", "0.1"], check=True)
    judge.source_byte_count = sum(
        path.stat().st_size for path in source.glob("*.safetensors"))
    convert, quantize = ["mmdit-convert", source], ["mmdit-quantize", source]
    single = Output(judge, "bfl.safetensors", *convert, "--layout", "bfl")
    shards = Output(judge, "shards", *convert, "--layout", "diffusers", "--max-shard-size", "120MB")
    resident = Output(judge, "resident.mmdit", *quantize, "--recipe", "int8")
    packed = Output(judge, "packed.mmdit", *quantize, "--recipe", "int4", "--compress")
    outputs = [single, shards, resident, packed]
    print("uninterrupted: " + ", ".join(
        f"{output.name} {output.seconds:.2f} s" for output in outputs), flush=True)
    kills = [check_kills(judge, output, numbers) for output in outputs]
    judge.check(sum(killed for killed, _ in kills) >= 20, f"at least 20 kills: {kills}")
    judge.check(all(saved > 0 for _, saved in kills), f"every output saved something: {kills}")
    for output in outputs:
        check_damage(judge, output, numbers)
    check_garbage(judge, single, numbers, "garbage", "nothing", "zeros")
    check_garbage(judge, packed, numbers, "garbage behind the header")
    print("damaged pieces, torn records and garbage in the journal are made good", flush=True)
    other = Output(judge, "comfyui.safetensors", *convert, "--layout", "comfyui")
    check_other_job(judge, single, other, numbers)
    check_other_job(judge, resident, packed, numbers)
    check_signal(judge, shards, numbers, signal.SIGINT)
    check_signal(judge, resident, numbers, signal.SIGTERM)
    check_limit(judge, single)
    check_limit(judge, packed)
    print("another job starts anew, signals keep what is finished, limits are told", flush=True)
    if mounts:
        check_too_small(judge, outputs)
        check_filled_up(judge, shards)
    else:
        print("SKIPPED: a full disk, for which a small one has to be mounted, by root or in a "
              "user namespace; only a limit of file sizes was tried")


if __name__ == "__main__":
    parent = ROOT / ".build"  # on a disk, where /tmp is often memory
    parent.mkdir(exist_ok=True)
    tempfile.tempdir = str(parent)
    with tempfile.TemporaryDirectory() as folder:
        mounts = can_mount(folder)
    inside = "JUDGE_RESUME_INSIDE"
    if not mounts and inside not in os.environ \
            and subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0:
        os.execvpe("unshare", ["unshare", "-rm", sys.executable, *sys.argv],
                   os.environ | {inside: "1"})
    with ResumeJudge() as judge:
        main(judge, int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32), mounts)
