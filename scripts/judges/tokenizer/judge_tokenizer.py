"""Compares our tokenizer with the `tokenizers` package, and prompts with diffusers' pipelines.

The cases are made here and compared by the tests of the module, `TokenizerJudgeTests`: no tool prints
tokens. Usage: judge_tokenizer.py FOLDER_WITH_THE_TOOLS
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import made
import prompts
import strings
import tokenizers
from diffusers.pipelines.flux2.system_messages import SYSTEM_MESSAGE
from harness import MODEL, ROOT, Judge

TEXTS = 12_000


def encoded(tokenizer, texts):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [
        [text, encoding.ids] for text, encoding in
        zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False))]


def case_set(name, path, tokenizer, texts, prompt_cases=()):
    return {
        "name": name, "tokenizer": str(path), "texts": encoded(tokenizer, texts),
        "prompts": list(prompt_cases)}


def compare(judge, sets):
    """How many cases the tests find wrong: nil when they did not run to their end."""
    path = judge.folder / "cases.json"
    path.write_text(json.dumps(
        {"system_message": SYSTEM_MESSAGE, "sets": sets}, ensure_ascii=False), encoding="utf-8")
    process = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "TokenizerJudgeTests"],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env=os.environ | {"MMDIT_TOKENIZER_CASES": str(path)})
    output = process.stdout + process.stderr
    counts = re.findall(r"tokenizer cases: (\d+) compared, (\d+) differ", output)
    if len(counts) != 1 or (process.returncode == 0) != (counts[0][1] == "0"):
        print(output[-3000:])
        return None, None, output
    return int(counts[0][0]), int(counts[0][1]), output


def main():
    with Judge() as judge:
        began = time.monotonic()
        folder = judge.folder
        fixture = MODEL / "tokenizer/tokenizer.json"
        glyph = tokenizers.Tokenizer.from_file(str(fixture))
        glyph_tokens = [token.content for token in glyph.get_added_tokens_decoder().values()]
        tekken = made.tekken(folder / "tekken.json")
        qwen2 = made.qwen2(folder / "qwen2.json")
        flagged = [token.content for token in made.FLAGGED] + made.QWEN_TOKENS
        scalars = strings.every_scalar()
        sets = [
            case_set(
                "glyph-klein", fixture, glyph, strings.texts(TEXTS, 1, glyph_tokens),
                prompts.klein(MODEL / "tokenizer")),
            case_set(
                "tekken", folder / "tekken.json", tekken,
                strings.texts(TEXTS, 2, made.MISTRAL_TOKENS), prompts.dev(tekken)),
            case_set("qwen2", folder / "qwen2.json", qwen2, strings.texts(TEXTS, 3, flagged)),
            case_set("glyph-klein, every character", fixture, glyph, scalars),
            case_set("qwen2, every character", folder / "qwen2.json", qwen2, scalars),
        ]
        for name, pattern in (("qwen2", made.QWEN2), ("tekken", made.TEKKEN)):
            path = folder / f"pairing-{name}.json"
            pairing = made.pairing(path, pattern, 5)
            sets.append(case_set(
                f"words of {name}", path, pairing, strings.texts(TEXTS, 4) + scalars))
        expected = sum(len(one["texts"]) + len(one["prompts"]) for one in sets)
        print(f"made {expected} cases with tokenizers {tokenizers.__version__} in "
              f"{time.monotonic() - began:.0f} s")
        for one in sets[:3]:
            judge.check(
                len(set(text for text, _ in one["texts"])) >= 10_000,
                f"{one['name']}: at least 10000 different texts")
        compared, different, output = compare(judge, sets)
        judge.check(compared == expected, f"{compared} of {expected} cases were compared")
        if not judge.check(different == 0, f"all cases are equal, {different} differ"):
            print(output[-6000:])

        # Negative controls: one id, one value of a mask, one letter of the system message.
        small = [copy.deepcopy(one) | {
            "texts": copy.deepcopy(one["texts"][:50]), "prompts": copy.deepcopy(one["prompts"][:20])}
            for one in sets[:2]]
        judge.check(compare(judge, small)[1] == 0, "the cases of the controls are equal")
        changed = copy.deepcopy(small)
        changed[1]["texts"][30][1][-1] ^= 1
        judge.check(compare(judge, changed)[1] == 1, "a changed id is found")
        changed = copy.deepcopy(small)
        changed[0]["texts"][30][1].append(0)
        judge.check(compare(judge, changed)[1] == 1, "an id too many is found")
        changed = copy.deepcopy(small)
        changed[0]["prompts"][3]["mask"][0] ^= True
        judge.check(compare(judge, changed)[1] == 1, "a changed mask is found")


main()
