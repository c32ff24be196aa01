"""Processes that predict: kept alive to be measured in turn, or watched for the memory they take."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import time

from pairs import Timed


class Ended(Exception):
    """A process that should have answered is no more."""


class Predictor:
    """A process that has loaded its weights and predicted once; called, it predicts once more.

    It waits for lines, and prints one of JSON after each prediction: the last is in `said`.
    """

    def __init__(self, command):
        self.command = list(map(str, command))

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        try:
            self.read()
        except Ended:
            self.__exit__()
            raise
        return self

    def __call__(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.read()
        return Timed(self.said["seconds"], self.said["processor_seconds"])

    def read(self):
        for line in self.process.stdout:
            if line.startswith('{"seconds"'):
                self.said = json.loads(line)
                return
        self.log.seek(0)
        raise Ended(f"{' '.join(self.command[:2])}: {self.log.read()[-500:]}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.log.close()


def watched(command):
    """The most memory that a process had from its start to the end of a prediction, in bytes.

    `VmHWM` is the largest resident size as the system knows it, `RssAnon` and `RssFile` the largest seen
    of its parts, its own memory and pages of mapped files, at fifty looks a second.
    """
    most = dict.fromkeys(("VmHWM", "RssAnon", "RssFile"), 0)
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=said,
            stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name in most:
                        most[name] = max(most[name], 1024 * int(value.split()[0]))
            time.sleep(0.02)
        said.seek(0)
        predicted = any(line.startswith('{"seconds"') for line in said)
    if not predicted:
        raise Ended(f"{command[0]} {command[1]}: predicted nothing")
    return most
