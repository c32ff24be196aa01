"""How two programs are compared: in turn, several times, by medians.

A work is a function that a module `work_*.py` of this folder marks with `@work`; it takes a `Bench` and
gives `Pair`s. Each side of a pair is a function without arguments that does the work once and returns
its figure, in the unit of the pair. What a side needs once (a file, a warm cache) it does before.
A module may have `NOTES`, Markdown for the report, or a function that makes it of all records.
"""

import dataclasses
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time
from typing import Callable, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKS = {}


def work(name):
    """Marks a function as the work of that name."""
    def mark(function):
        WORKS[name] = function
        return function
    return mark


class Timed(NamedTuple):
    """What a side may return instead of its figure: with the processor seconds that belong to it."""
    figure: float
    processor_s: float


@dataclasses.dataclass
class Pair:
    """One row of the table.

    `ratio_target` is the least ratio of ours to the peer's that is wanted, or the greatest where less is
    better; `target` the same for our figure alone. What takes long has `most_turns`; `facts` are numbers
    that `NOTES` calculates with.
    """
    name: str
    unit: str
    ours: Callable[[], float]
    peer: Optional[Callable[[], float]] = None
    peer_name: str = ""
    target: Optional[float] = None
    ratio_target: Optional[float] = None
    less_is_better: bool = False
    most_turns: Optional[int] = None
    facts: Optional[dict] = None


def cached(path):
    """The path, once its file is in the page cache."""
    with open(path, "rb") as data:
        while data.read(1 << 24):
            pass
    return path


@dataclasses.dataclass
class Row:
    """What a work may give in place of a pair: a row of a table of its own, whose columns are `cells`."""
    table: str
    name: str
    cells: dict


def spread(values):
    """Half of the range, as a share of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0


def processor_seconds():
    """What finished children and this process have used of processors so far."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)))


def measure(pair, turns):
    """Ours and the peer's figures of so many turns, alternating; both orders, so that none is always
    second.

    The seconds of processors that a turn took are noted too, those in this process and its children
    unless the side tells: others on the same machine change them little.
    """
    turns = min(turns, pair.most_turns or turns)
    ours, peers, our_seconds, peer_seconds = [], [], [], []
    for turn in range(turns):
        sides = [(pair.ours, ours, our_seconds)]
        sides += [(pair.peer, peers, peer_seconds)] if pair.peer else []
        for side, figures, seconds in (sides if turn % 2 == 0 else reversed(sides)):
            before = processor_seconds()
            found = side()
            if not isinstance(found, Timed):
                found = Timed(found, processor_seconds() - before)
            figures.append(found.figure)
            seconds.append(found.processor_s)
    record = {
        "name": pair.name, "unit": pair.unit, "turns": turns,
        "ours": statistics.median(ours), "ours_spread": spread(ours),
        "ours_best": (min if pair.less_is_better else max)(ours),
        "ours_processor_s": round(min(our_seconds), 3),
        "peer_name": pair.peer_name if peers else None,
        "peer": statistics.median(peers) if peers else None,
        "peer_spread": spread(peers) if peers else None,
        "peer_best": (min if pair.less_is_better else max)(peers) if peers else None,
        "peer_processor_s": round(min(peer_seconds), 3) if peers else None,
        # Of neighbours, so that a machine that slows down slows both.
        "ratio": statistics.median(a / b for a, b in zip(ours, peers)) if peers else None,
        "target": pair.target, "ratio_target": pair.ratio_target,
        "less_is_better": pair.less_is_better,
    }
    return record | ({"facts": pair.facts} if pair.facts else {})


def met(record):
    """Whether a record meets its targets; None where it has none."""
    checks = [(record["ours"], record["target"]), (record["ratio"], record["ratio_target"])]
    checks = [(found, wanted) for found, wanted in checks if wanted is not None and found is not None]
    if not checks:
        return None
    less = record["less_is_better"]
    return all(found <= wanted if less else found >= wanted for found, wanted in checks)


def machine():
    """What the figures are of."""
    processor = next(
        (line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine())
    return {"processor": processor, "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release().split('-')[0]}",
            "load": round(os.getloadavg()[0], 1)}


class Bench:
    """Where the works find tools, peers and files; its folder is removed at the end."""

    def __init__(self, binaries, folder, quick):
        self.binaries = pathlib.Path(binaries).resolve()
        self.folder = pathlib.Path(folder)
        self.quick = quick
        self.peers = {name: os.environ.get(f"MMDIT_BENCH_{name.upper()}")
                      for name in ("sdcpp", "llamacpp")}

    def checkpoint(self, gigabytes=None):
        """A klein 4B of random weights in one file, cut to 2 GB; made once, and in the page cache."""
        gigabytes = gigabytes or (0.5 if self.quick else 2)
        path = self.folder / f"checkpoint-{gigabytes}"
        file = path / "flux2-klein-4b.safetensors"
        if not file.exists():
            subprocess.run(
                [sys.executable, ROOT / "scripts/make-synthetic-checkpoint", path, "--model", "flux2-klein-4b",
                 "--layout", "original", "--gigabytes", str(gigabytes)],
                check=True, stdout=subprocess.DEVNULL)
        return cached(file)

    def seconds(self, tool, *arguments):
        """How long one of our tools takes, from start to end."""
        command = [str(self.binaries / tool), *map(str, arguments), "--quiet"]
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        return time.perf_counter() - start

    def peer_seconds(self, peer, script, *arguments):
        """How long a peer's work takes by its own clock: the last line that SCRIPT prints."""
        process = subprocess.run(
            [self.peers[peer], str(pathlib.Path(__file__).parent / script), *map(str, arguments)],
            check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return float(process.stdout.strip().splitlines()[-1])
