"""Texts to be tokenized, the same for the same seed: many scripts, emoji, random characters and bytes."""

import random
import unicodedata

# Beginnings and ends of blocks: what people write, what is written rarely, and what is not text.
SCRIPTS = {
    "Latin": "a-zA-Z\u00c0-\u017f\u1e00-\u1eff", "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f", "Armenian": "\u0530-\u058f", "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f", "Syriac": "\u0700-\u074f", "Thaana": "\u0780-\u07bf",
    "Devanagari": "\u0900-\u097f", "Bengali": "\u0980-\u09ff", "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff", "Oriya": "\u0b00-\u0b7f", "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f", "Kannada": "\u0c80-\u0cff", "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff", "Thai": "\u0e00-\u0e7f", "Lao": "\u0e80-\u0eff",
    "Tibetan": "\u0f00-\u0fff", "Myanmar": "\u1000-\u109f", "Georgian": "\u10a0-\u10ff\u2d00-\u2d2f",
    "Jamo": "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7fb", "Ethiopic": "\u1200-\u139f",
    "Cherokee": "\u13a0-\u13ff\uab70-\uabbf", "Khmer": "\u1780-\u17ff", "Mongolian": "\u1800-\u18af",
    "Hiragana": "\u3040-\u309f", "Katakana": "\u30a0-\u30ff\uff66-\uff9f",
    "Bopomofo": "\u3100-\u312f", "Han": "\u4e00-\u9fff\u3400-\u34ff\uf900-\ufaff",
    "Hangul": "\uac00-\ud7a3", "Gothic": "\U00010330-\U0001034f",
    "Deseret": "\U00010400-\U0001044f", "Cuneiform": "\U00012000-\U000120ff",
    "Mathematical": "\U0001d400-\U0001d7ff", "Adlam": "\U0001e900-\U0001e95f",
    "Han extension": "\U00020000-\U000200ff\U0002f800-\U0002fa1f",
    "Symbols": "\u2000-\u2bff", "Forms": "\ufb00-\ufdff\ufe00-\ufeff\uff00-\uffef",
    "Marks": "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff",
    "Modifiers": "\u02b0-\u02ff\u1d2c-\u1d6a",
}
EMOJI = [
    "😀", "🐧", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇯🇵🇰🇷", "1️⃣", "❤️", "☎︎", "🧑🏿‍🚀", "🫠", "🪿", "🦩",
    "👨‍💻", "✈️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©", "™", "✨✨", "🔥🔥🔥",
]
SPACES = [
    " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\n  ", "\u00a0", "\u2003", "\u3000",
    "\u2028", "\u0085", "\r", "\x0b", "\x1c", "\u200b", " \t \n\n \t",
]
SIGNS = [
    ".", ",", "!", "?", "...", "—", "'", '"', "/", "//", "\\", "()", "[", "]", "{", "}", "<", ">", "|",
    "#", "@", "&", "*", "~", "`", "-", "_", "=", "+", "%", "$", "€", "…", "«", "»", "。", "、", "¿", ";/\n",
]
CONTRACTIONS = [
    "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'RE", "'Ll", "'lL", "'vE", "'\u017f", "'l", "'r",
    "'v", "’s", "''s",
]
WORDS = (
    "a the of and photo picture painting red blue green small large house tree river mountain cat dog "
    "penguin glyph letter sign text that reads Hello World CamelCase camelCase HTTPServer iPhone NASA "
    "McDonald don it we they shouldn light shadow golden hour sunset portrait landscape detailed soft "
    "f/1.8 ISO100 35mm 1024x1024 3.14159 2024 00007 https://example.org/a/b?c=d x*y+z if(x==1){return;}"
).split()


def ranges(text):
    """The characters of `a-z` and single ones, as numbers."""
    numbers, index = [], 0
    while index < len(text):
        if text[index + 1:index + 2] == "-":
            numbers += range(ord(text[index]), ord(text[index + 2]) + 1)
            index += 3
        else:
            numbers.append(ord(text[index]))
            index += 1
    return numbers


BLOCKS = {name: ranges(text) for name, text in SCRIPTS.items()}


def scalar(source):
    """Any character of Unicode, lower planes more often than their size."""
    while True:
        plane = source.choice((0, 0, 0, 0, 1, 1, 2, 14, source.randrange(17)))
        number = plane << 16 | source.randrange(0x10000)
        if not 0xD800 <= number < 0xE000:
            return chr(number)


def word(source):
    kind = source.random()
    if kind < 0.35:
        return source.choice(WORDS)
    block = BLOCKS[source.choice(list(BLOCKS))]
    return "".join(chr(source.choice(block)) for _ in range(source.randint(1, 9)))


def sentence(source):
    """Words of several scripts with spaces, signs, digits and emoji between them."""
    parts = []
    for _ in range(source.randint(1, 14)):
        kind = source.random()
        if kind < 0.55:
            parts.append(word(source))
        elif kind < 0.65:
            parts.append(source.choice(SIGNS))
        elif kind < 0.73:
            parts.append(source.choice(CONTRACTIONS))
        elif kind < 0.80:
            parts.append(str(source.randrange(10 ** source.randint(1, 12))))
        elif kind < 0.88:
            parts.append(source.choice(EMOJI))
        else:
            parts.append(source.choice(SPACES))
        if source.random() < 0.6:
            parts.append(" ")
    return "".join(parts)


# Characters that compose, decompose or have an order among marks.
COMPOSING = [
    number for number in range(0x30000)
    if not 0xD800 <= number < 0xE000
    and (unicodedata.combining(chr(number)) or unicodedata.decomposition(chr(number))[:1].isalnum())
] + ranges("A-Za-z\u1100-\u1112\u1161-\u1175\u11a7-\u11c2\uac00-\uac40\u0c46\u0cc6\u1b05\U00011930-\U00011940")


def composing(source):
    """Letters and marks in any order, for canonical composition."""
    return "".join(chr(source.choice(COMPOSING)) for _ in range(source.randint(1, 24)))


def texts(count, seed, special=()):
    """`count` texts; some have tokens of `special` in them."""
    source = random.Random(seed)
    found = ["", " ", "\n", "a", "'", "''", "\0", "\u0301", "e\u0301", "\r\n\r\n x", "   x", "x   "]
    while len(found) < count:
        kind = len(found) % 8
        if kind < 3:
            text = sentence(source)
        elif kind == 3:
            text = "".join(scalar(source) for _ in range(source.randint(1, 40)))
        elif kind == 4:
            text = source.randbytes(source.randint(1, 60)).decode("utf-8", errors="replace")
        elif kind == 5:
            text = composing(source)
        elif kind == 6:
            pool = SPACES + SIGNS + CONTRACTIONS + ["A", "b", "ʰ", "文", "\u0301", "7", "ǅ"]
            text = "".join(source.choice(pool) for _ in range(source.randint(1, 20)))
        else:
            pool = list(special) or EMOJI
            text = "".join(
                source.choice(pool) if source.random() < 0.4 else
                source.choice((word(source), " ", "  ", "\n", "_", "é", "e\u0301", source.choice(SPACES)))
                for _ in range(source.randint(1, 12)))
        found.append(text)
    return found


def every_scalar():
    """Texts that together have every character, each between letters, signs, digits and spaces."""
    numbers = [number for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    # Planes without characters are seen once in 16.
    numbers = [n for n in numbers if n < 0x40000 or 0xE0000 <= n < 0xE0200 or n % 16 == 0]
    return [
        "".join(f"a{c}B{c}b {c}. {c}\n1{c}{c}!" for c in map(chr, numbers[start:start + 64]))
        for start in range(0, len(numbers), 64)
    ]
