"""Writes Tests/TokenizersTests/Goldens with the `tokenizers` package.

`tekken.json` is a small tokenizer with Mistral's pattern, `texts.json` has texts with their tokens,
`characters.json` what the package knows of characters, for which pieces of text are asked.
"""

import json
import pathlib

import made
import strings
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "Tests/TokenizersTests/Goldens"
SCALARS = [number for number in range(0x110000) if not 0xD800 <= number < 0xE000]


def runs(numbers):
    """[first, last, first, last …] of ascending numbers."""
    found = []
    for number in numbers:
        if found and found[-1] == number - 1:
            found[-1] = number
        else:
            found += [number, number]
    return found


def matching(expression):
    """The characters that an expression for one character matches."""
    split = pre_tokenizers.Split(Regex(f"[^{expression}]"), behavior="removed")
    text = "".join(map(chr, SCALARS))
    return runs(ord(c) for piece, _ in split.pre_tokenize_str(text) for c in piece)


def word_characters():
    tokenizer = Tokenizer(models.BPE(vocab={"a": 0}, merges=[]))
    tokenizer.add_tokens([AddedToken("QQ", single_word=True)])
    encodings = tokenizer.encode_batch([f"QQ{chr(number)}" for number in SCALARS])
    return runs(number for number, encoding in zip(SCALARS, encodings) if 1 not in encoding.ids)


def composed():
    """[character, what it becomes] of those that canonical composition changes by themselves."""
    normalizer = normalizers.NFC()
    return [[chr(n), new] for n in SCALARS if (new := normalizer.normalize_str(chr(n))) != chr(n)]


def reordered():
    """Marks that come behind one of class 1 when they stand before it."""
    normalizer = normalizers.NFC()
    return runs(
        n for n in SCALARS if normalizer.normalize_str(f"文{chr(n)}\u0334") == f"文\u0334{chr(n)}"
        and n != 0x334)


def write(name, document):
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # One line for each entry of the outermost list, so that changes can be seen.
    (FOLDER / name).write_text(text.replace("],[\"", "],\n[\"") + "\n", encoding="utf-8")


def main():
    FOLDER.mkdir(exist_ok=True)
    version = f"tokenizers {tokenizers.__version__}"
    tekken = made.tekken(FOLDER / "tekken.json", size=700)
    glyph = Tokenizer.from_file(str(ROOT / "Tests/Fixtures/glyph-klein/tokenizer/tokenizer.json"))
    special = [token.content for token in glyph.get_added_tokens_decoder().values()]
    write("texts.json", {"made_by": version, **{
        name: [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts]
        for name, tokenizer, texts in (
            ("glyph-klein", glyph, strings.texts(160, 21, special)),
            ("tekken", tekken, strings.texts(160, 22, made.MISTRAL_TOKENS)))}})
    write("characters.json", {
        "made_by": version,
        "upper": matching(r"\p{Lu}\p{Lt}"), "lower": matching(r"\p{Ll}"),
        "caseless": matching(r"\p{Lm}\p{Lo}"), "mark": matching(r"\p{M}"),
        "number": matching(r"\p{N}"), "space": matching(r"\s"),
        "word": word_characters(), "composed": composed(), "reordered": reordered()})


main()
