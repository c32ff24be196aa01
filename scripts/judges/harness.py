"""What the judges share: where the fixture is, how tools are run, how a judgement ends."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import safetensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests/Fixtures"
MODEL = FIXTURES / "glyph-klein"
GOLDENS = FIXTURES / "goldens/glyph-klein.safetensors"
QUICK_GOLDEN = "penguin-no-cfg-4-steps"
RECIPES = ("int8", "int4", "int4-g64", "mixed")

sys.path.insert(0, str(ROOT / "scripts"))  # for read_bundle


def read_safetensors(*paths):
    """name → (dtype, shape, bytes) of all tensors of some files, as the package reads them."""
    return {
        name: (tensor["dtype"], list(tensor["shape"]), bytes(tensor["data"]))
        for path in paths
        for name, tensor in safetensors.deserialize(pathlib.Path(path).read_bytes())
    }


def source_tensors():
    """The transformer of the fixture."""
    return read_safetensors(*sorted((MODEL / "transformer").glob("*.safetensors")))


def with_header(bundle, header, data=None):
    """The bytes of a Bundle with another header and, if given, other bytes before it.

    Prelude and checksum of the header are right, so only what the header says can be wrong.
    """
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    data = bytes(bundle.data[:bundle.header_offset]) if data is None else bytes(data)
    prelude = struct.pack("<8sIIQQ", data[:8], 1, zlib.crc32(text), len(data), len(text))
    return prelude + data[len(prelude):] + text


class Judge:
    """Counts what holds and collects what does not.

    As a context it has a temporary folder, and at its end it prints the count and exits.
    """

    def __init__(self, binaries=None):
        self.binaries = pathlib.Path(binaries or sys.argv[1]).resolve()
        self.held = 0
        self.wrong = []

    def __enter__(self):
        self.started = time.monotonic()
        self.temporary = tempfile.TemporaryDirectory(prefix="judge-")
        self.folder = pathlib.Path(self.temporary.name)
        return self

    def __exit__(self, kind, error, trace):
        self.temporary.cleanup()
        for line in self.wrong:
            print("WRONG", line)
        if kind is not None:
            return  # a traceback ends it with exit code 1
        seconds = time.monotonic() - self.started
        print(f"{self.held} checks hold, {len(self.wrong)} do not, {seconds:.1f} s")
        sys.exit(1 if self.wrong or not self.held else 0)

    def check(self, holds, what):
        """`what` is the statement that should hold, with the figures it is about."""
        if holds:
            self.held += 1
        else:
            self.wrong.append(what)
        return bool(holds)

    def tool(self, name, *arguments, exits=0):
        """Runs a tool; a wrong exit code is a failure. Returns the finished process."""
        command = [str(self.binaries / name), *map(str, arguments), "--quiet"]
        process = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if process.returncode != exits:
            shown = " ".join([name, *map(str, arguments)])
            self.wrong.append(
                f"{shown}: expected exit code {exits}, found {process.returncode}: "
                + (process.stderr or process.stdout).strip()[-500:])
        return process

    def report(self, name, *arguments, exits=0):
        """Runs a tool with --json - and returns the document it prints."""
        text = self.tool(name, *arguments, "--json", "-", exits=exits).stdout
        return json.loads(text) if text else {}

    def quantize(self, name, recipe, *options, model=MODEL):
        """Writes a bundle into the temporary folder; returns its path and the tool's report."""
        path = self.folder / name
        return path, self.report(
            "mmdit-quantize", model, "--recipe", recipe, "--output", path, *options)
