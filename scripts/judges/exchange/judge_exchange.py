"""Judges mmdit-export by the runtimes that its files are for, and writes what they say of them.

    judge_exchange.py FOLDER_WITH_THE_TOOLS [--only RUNTIME...] [--write|--check] [--sdcpp PYTHON]
        [--llamacpp PYTHON]

--write writes reports/exchange.json and reports/exchange.md; --check compares with them.
"""

import argparse
import importlib
import logging
import os
import pathlib
import sys
import warnings

# Before the packages are imported: nothing is fetched, and progress is no result.
os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", SDNQ_USE_TORCH_COMPILE="0",
                  TRANSFORMERS_VERBOSITY="error", BITSANDBYTES_NOWELCOME="1")
warnings.filterwarnings("ignore")

import diffusers
import torch
import transformers

judges = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(judges), str(judges / "interop")]
import carried
import harness
import report
from exported import export_transformer, judge_export

# These networks are too small to be shared among threads, which only wait for each other.
torch.set_num_threads(1)
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
diffusers.utils.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

TRANSFORMERS = ("gguf", "bitsandbytes", "comfyui", "bfl", "mlx", "mflux", "sdnq", "torchao")
OTHERS = ("text_encoders", "gguf_text_encoder", "sdcpp")


def judge_transformers(judge, name):
    """The rows of a runtime that takes the transformer."""
    runtime = importlib.import_module(f"judge_{name}")
    rows = []
    for target in runtime.TARGETS:
        path, said = export_transformer(judge, target)
        if path.exists():
            rows.append(judge_export(judge, target, runtime, path))
            judge.check(said, f"{target}: a report")
    return rows


def check_all_judged(judge, rows, left_out):
    """No target without a judge."""
    targets = {target["id"] for target in judge.report("mmdit-export", "--list")["targets"]
               if target["id"].split(":")[0] not in left_out}
    judged = {row["target"] for row in rows}
    judge.check(targets == judged, f"judged and listed targets differ: {sorted(targets ^ judged)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--only", nargs="+", choices=TRANSFORMERS + OTHERS + ("carried",))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sdcpp", help="the Python that has stable-diffusion-cpp-python")
    parser.add_argument("--llamacpp", help="the Python that has xllamacpp")
    options = parser.parse_args()
    wanted = options.only or TRANSFORMERS + OTHERS + ("carried",)
    with harness.Judge(options.binaries) as judge:
        # mflux needs a newer Python than the others.
        left_out = [] if sys.version_info >= (3, 11) else ["mflux"]
        rows = [row for name in TRANSFORMERS if name in wanted and name not in left_out
                for row in judge_transformers(judge, name)]
        if "text_encoders" in wanted:
            rows += importlib.import_module("judge_text_encoders").run(judge)
        if "gguf_text_encoder" in wanted:
            rows += importlib.import_module("judge_gguf_text_encoder").run(judge, options.llamacpp)
        if "sdcpp" in wanted and options.sdcpp:
            rows += importlib.import_module("judge_sdcpp").run(judge, options.sdcpp)
        if not options.only:
            check_all_judged(judge, rows, left_out)
        moved = carried.run(judge) if "carried" in wanted else []
        document = report.document(rows, moved)
        print(report.markdown(document))
        if options.write:
            report.write(document)
        if options.check:
            report.check(judge, document, left_out)


if __name__ == "__main__":
    main()
