"""What is left when mmdit-quantize is killed, interrupted or finds no space."""

import contextlib
import pathlib
import shutil
import signal
import subprocess
import time

OLD = b"an older file of the same name"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def stop_midway(judge, source, output, recipe, with_signal, *options):
    """Sends a signal when the tool has read 1.2 times what the sources have; it reads them twice, for the
    digests and for the codes, at the same time. Returns its exit code and what it said."""
    size = sum(path.stat().st_size for path in source.glob("*.safetensors"))
    process = subprocess.Popen(
        [judge.binaries / "mmdit-quantize", source, "--recipe", recipe, "--output", output,
         *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        # A judge started in the background of a script ignores SIGINT; the tool must not inherit
        # that, because it would respect it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    while process.poll() is None:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{process.pid}/io").read_text().split()
            if int(fields[fields.index("rchar:") + 1]) >= 1.2 * size:
                break
        time.sleep(0.01)
    judge.check(process.poll() is None, f"{recipe}: it ended before it was stopped")
    process.send_signal(with_signal)
    _, said = process.communicate()
    return process.returncode, said


def check_killed(judge, source, output):
    """A killed run leaves the older file alone, and nothing that the next run stumbles over."""
    output.write_bytes(OLD)
    code, _ = stop_midway(judge, source, output, "int8", signal.SIGKILL)
    judge.check(code == -signal.SIGKILL, f"killed: exit code {code}")
    judge.check(output.read_bytes() == OLD, "killed: the older file is what it was")
    print(f"killed midway: it left {names(output.parent)}", flush=True)


def check_interrupted(judge, source, output):
    """An interrupted run leaves nothing but the older file."""
    output.write_bytes(OLD)
    code, said = stop_midway(judge, source, output, "int4-g64", signal.SIGINT, "--compress")
    judge.check(code == 130, f"interrupted: exit code {code}: {said}")
    judge.check(names(output.parent) == [output.name], f"interrupted: {names(output.parent)}")
    judge.check(output.read_bytes() == OLD, "interrupted: the older file is what it was")
    print("interrupted midway: exit code 130, nothing left, the older file untouched", flush=True)


def check_full_disk(judge, source):
    """Where there is no room it says how much there should be, and leaves nothing."""
    place = judge.folder / "small"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place],
                           capture_output=True, text=True)
    if mount.returncode != 0:
        print("LEFT OUT: a full disk, for which a small one has to be mounted: "
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
