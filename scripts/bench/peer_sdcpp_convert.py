"""Lets stable-diffusion.cpp convert a file, in its own environment, and prints the seconds.

    peer_sdcpp_convert.py INPUT OUTPUT TYPE

The clock starts when the library is loaded.
"""

import sys
import time

from stable_diffusion_cpp import stable_diffusion_cpp as library

source, target, kind = sys.argv[1:]
number = {"q4_0": 2, "q8_0": 8, "q4_k": 12}[kind]  # as in ggml.h
start = time.perf_counter()
if not library.convert(source.encode(), b"", target.encode(), number, b"", False):
    sys.exit(f"{source}: stable-diffusion.cpp did not convert it")
print(time.perf_counter() - start)
