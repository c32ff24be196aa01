"""A judge that measures what every run of a tool took, and the table of it."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness

THREADS = 4  # memory grows with the number of threads, which must not be the machine's here
LIMIT = 300_000_000  # what a tool may promise at most, whatever the checkpoint
HELPER = pathlib.Path(__file__).with_name("peak_memory.py")

REPORT = """# Speed and memory at the size of published models

Checkpoints have the shapes of published models and random weights; plans are of files of the true
size whose data are holes. Speed is that of reading the source, hashing and writing included, of
exports reading back too; peak is the largest resident size that the operating system counts, bound
what the tool promises before it begins. With {threads} threads on {machine}.

{table}

Written by

    scripts/judges/scale/run .build/release --markdown reports/scale.md
"""


def machine():
    """Processor and cores."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
                "an unknown processor")
    return f"{os.cpu_count()} cores of {name}"


class ScaleJudge(harness.Judge):
    def __init__(self, binaries):
        super().__init__(binaries)
        self.rows = []

    def run(self, name, *arguments):
        """Runs a tool that prints a document; returns that, and what the run took.

        Peak memory stays below what the document promises, and that below the limit.
        """
        command = [self.binaries / name, *arguments, "--threads", str(THREADS), "--quiet"]
        process = subprocess.run([sys.executable, "-I", "-S", HELPER, *map(str, command)],
                                 capture_output=True, text=True, stdin=subprocess.DEVNULL)
        took = json.loads(process.stderr.splitlines()[-1])
        what = " ".join([name, *map(str, arguments)])
        self.check(took["exit"] == 0, f"{what}: exit code {took['exit']}: {process.stderr[-500:]}")
        if not process.stdout:
            raise RuntimeError(f"{what}: {process.stderr}")
        document = json.loads(process.stdout)
        took["bound"] = document_bound(document)
        bound = took["bound"] or LIMIT  # mmdit-inspect promises nothing
        self.check(took["peak_bytes"] <= bound,
                   f"{what}: peak of {took['peak_bytes']} bytes, promised {bound}")
        self.check(bound <= LIMIT, f"{what}: a bound of {bound} bytes is too much")
        return document, took

    def add(self, what, size, took):
        """A line of the table, for one run or several."""
        seconds = sum(run["seconds"] for run in took)
        bounds = [run["bound"] for run in took if run["bound"]]
        cells = [what, f"{size / 1e9:.1f} GB" if size else "", f"{seconds:.1f} s",
                 f"{size / seconds / 1e9:.2f} GB/s" if size else "",
                 f"{max(run['peak_bytes'] for run in took) / 1e6:.0f} MB",
                 f"{max(bounds) / 1e6:.0f} MB" if bounds else ""]
        self.rows.append(cells)
        print(", ".join(cell for cell in cells if cell), flush=True)

    def markdown(self):
        titles = ["run", "source", "time", "speed", "peak memory", "bound"]
        lines = [titles, ["---"] + ["---:"] * (len(titles) - 1), *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return REPORT.format(threads=THREADS, machine=machine(), table=table)


def document_bound(document):
    """The memory that a document promises, of a pipeline's components the most."""
    if document["format"] == "mmdit-pipeline-quantization":
        return max(part["report"]["peak_memory_bytes_bound"] for part in document["components"])
    return document.get("peak_memory_bytes_bound")
