"""Runs a command and says what it took: the last line of standard error is a JSON object.

    python -I -S peak_memory.py COMMAND...

A program of its own, because a process begins with the peak of the one that starts it: started by
the judge, with numpy loaded, every tool would seem to need as much as that.
"""

import json
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.monotonic() - started
# ru_maxrss is in KiB on Linux.
print(json.dumps({"exit": os.waitstatus_to_exitcode(status), "seconds": seconds,
                  "peak_bytes": 1024 * usage.ru_maxrss}), file=sys.stderr)
