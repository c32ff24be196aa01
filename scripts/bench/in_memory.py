"""How encoders in memory are timed and called.

They run on one core, so the seconds are the processor's: those that it was others' do not count.
"""

import ctypes
import time

ROWS, COLUMNS = 64, 3072
COUNT = ROWS * COLUMNS


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def rate(action, times=5, count=COUNT):
    """GB/s of bf16, the best of some runs."""
    least = min(run(action) for _ in range(times))
    return 2e-9 * count / least


def run(action):
    start = time.process_time()
    action()
    return time.process_time() - start
