"""Judges mmdit-convert by diffusers and transformers: their classes, their files, their converters.

    judge_interop.py FOLDER_WITH_THE_TOOLS [PART...]

The parts are all of PARTS, unless some are named.
"""

import os
import pathlib
import sys

# Before the packages are imported: nothing is fetched, and progress is no result.
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1",
                  TRANSFORMERS_VERBOSITY="error")

import diffusers
import torch
import transformers

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[level]) for level in (1, 2)]
import harness
import judge_families
import judge_flux2
import judge_pipelines
import judge_sizes
from families import FAMILIES

# These networks are too small to be shared among threads, which only wait for each other.
torch.set_num_threads(1)
diffusers.utils.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

PARTS = {"flux2": judge_flux2.run, "pipelines": judge_pipelines.run,
         "sizes": judge_sizes.run} | {
    name: lambda judge, family=family: judge_families.run(judge, family)
    for name, family in FAMILIES.items()}

if __name__ == "__main__":
    wanted = sys.argv[2:] or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        sys.exit(f"error: no parts {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    with harness.Judge() as judge:
        for part in wanted:
            PARTS[part](judge)
