"""Tokenizers that the judge makes itself with the `tokenizers` package."""

import json
import random

import strings
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers)

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
# The first 20 of Mistral's, in its order.
MISTRAL_TOKENS = (
    "<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] "
    "[/TOOL_RESULTS] [TOOL_CALLS] [IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX] "
    "[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]").split()
QWEN_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
# Flags in all kinds, and contents that begin alike, that compose and that have spaces in them.
FLAGGED = [
    AddedToken("<l>", lstrip=True, normalized=False),
    AddedToken("<r>", rstrip=True, normalized=False),
    AddedToken("<lr>", lstrip=True, rstrip=True, normalized=False),
    AddedToken("<lr>>", normalized=False),
    AddedToken("word", single_word=True, normalized=False),
    AddedToken("words", single_word=True, lstrip=True, rstrip=True, normalized=True),
    AddedToken("cafe\u0301", normalized=True),
    AddedToken("e\u0301", normalized=False, rstrip=True),
    AddedToken(" a b ", normalized=False),
    AddedToken("  ", normalized=False),
    AddedToken("né", single_word=True, normalized=True, lstrip=True),
]


def untrained(pattern, model, normalizer=None):
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def trained(tokenizer, size, special, seed):
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(strings.texts(6000, seed), trainer)
    return tokenizer


def tekken(path, size=4000, seed=11):
    """Pairs that lead to some tokens are taken away, as in Mistral's: only whole words have them."""
    trained(untrained(TEKKEN, models.BPE(ignore_merges=True)), size, MISTRAL_TOKENS, seed).save(str(path))
    document = json.loads(path.read_text())
    source = random.Random(seed)
    merges = document["model"]["merges"]
    document["model"]["merges"] = [
        merge for index, merge in enumerate(merges) if index < 256 or source.random() < 0.9]
    path.write_text(json.dumps(document, ensure_ascii=False))
    return Tokenizer.from_file(str(path))


def qwen2(path, size=4000, seed=12):
    tokenizer = trained(
        untrained(QWEN2, models.BPE(), normalizers.NFC()), size, [], seed)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in QWEN_TOKENS])
    tokenizer.add_tokens(FLAGGED)
    tokenizer.save(str(path))
    return Tokenizer.from_file(str(path))


def pairing(path, pattern, seed):
    """Every pair of bytes is a token, so that where words end shows in nearly every text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = [(first, second) for first in alphabet for second in alphabet]
    random.Random(seed).shuffle(pairs)
    vocabulary = {token: index for index, token in enumerate(alphabet)}
    for first, second in pairs:
        vocabulary[first + second] = len(vocabulary)
    untrained(pattern, models.BPE(vocab=vocabulary, merges=pairs)).save(str(path))
    return Tokenizer.from_file(str(path))
