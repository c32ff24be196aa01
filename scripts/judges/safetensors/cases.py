"""Safetensors files, right and wrong, as (name, bytes).

The named cases cover every rule of `formats/safetensors.md`; the random ones damage valid files,
repeatably by their seed.
"""

import json
import random
import struct

WIDTHS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}


def raw(header, data=b"", length=None):
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype, shape, begin, end, **more):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end], **more}


def file(tensors, data, **more):
    return raw(json.dumps({**more, **tensors}), bytes(k % 256 for k in range(data)))


def one(text, data=1):
    """A file of one tensor whose entry is given as text."""
    return raw('{"x":%s}' % text, bytes(data))


def named():
    u8 = entry("U8", [1], 0, 1)
    u8_text = json.dumps(u8)
    cases = {
        "empty-file": b"",
        "seven-bytes": b"\1" + bytes(6),
        "length-only": bytes(8),
        "length-zero-with-data": bytes(8) + b"x",
        "length-over-limit": raw("{}", length=100_000_001),
        "length-all-ones": raw("{}", length=2**64 - 1),
        "length-sign-bit": raw("{}", length=2**63),
        "length-beyond-file": raw("{}", length=3),
        "length-overflow-with-8": raw("{}", length=2**64 - 8),
        "array": raw("[]"),
        "null": raw("null"),
        "leading-space": raw(" {}"),
        "byte-order-mark": raw(b"\xef\xbb\xbf{}"),
        "unclosed": raw("{"),
        "two-documents": raw("{}{}"),
        "zero-padding": raw("{}\0\0\0\0\0\0"),
        "space-padding": raw("{}      "),
        "newline-padding": raw("{}\n\t\r "),
        "no-tensors": raw("{}"),
        "no-tensors-but-data": raw("{}", b"12"),
        "invalid-utf8-key": raw(b'{"\xff":' + u8_text.encode() + b"}", b"\0"),
        "overlong-utf8-key": raw(b'{"\xc0\xaf":' + u8_text.encode() + b"}", b"\0"),
        "utf8-surrogate-key": raw(b'{"\xed\xa0\x80":' + u8_text.encode() + b"}", b"\0"),
        "escaped-key": raw('{"\\u0041\\n":%s}' % u8_text, b"\0"),
        "lone-surrogate-key": raw('{"\\ud800":%s}' % u8_text, b"\0"),
        "paired-surrogate-key": raw('{"\\ud83d\\ude00":%s}' % u8_text, b"\0"),
        "control-character-key": raw('{"a\1b":%s}' % u8_text, b"\0"),
        "empty-key": raw('{"":%s}' % u8_text, b"\0"),
        "trailing-comma": raw('{"x":%s,}' % u8_text, b"\0"),
        "comment": raw('{"x":%s}/**/' % u8_text, b"\0"),
        "single-quotes": raw("{'x':%s}" % u8_text, b"\0"),
        "nan": one('{"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}'),
        "depth-60": one('{"dtype":"U8","shape":[1],"data_offsets":[0,1],"e":%s%s}' % (
            "[" * 58, "]" * 58)),
        "depth-bomb-value": raw('{"x":' + "[" * 1_000_000),
        "depth-bomb-object": raw('{"x":' * 1_000_000),
        "duplicate-tensor": raw('{"x":%s,"x":%s}' % (u8_text, u8_text), b"\0"),
        "duplicate-field": one('{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}'),
        "duplicate-metadata": raw('{"__metadata__":{},"__metadata__":{},"x":%s}' % u8_text, b"\0"),
        "duplicate-metadata-key": raw('{"__metadata__":{"a":"1","a":"2"},"x":%s}' % u8_text, b"\0"),
        "two-unicode-spellings": file({"\u00e9": u8, "e\u0301": entry("U8", [1], 1, 2)}, 2),
        "metadata": file({"x": u8}, 1, __metadata__={"format": "pt", "é": ""}),
        "metadata-empty": file({"x": u8}, 1, __metadata__={}),
        "metadata-null": file({"x": u8}, 1, __metadata__=None),
        "metadata-array": file({"x": u8}, 1, __metadata__=[]),
        "metadata-string": file({"x": u8}, 1, __metadata__="pt"),
        "metadata-number": file({"x": u8}, 1, __metadata__={"step": 3}),
        "metadata-nested": file({"x": u8}, 1, __metadata__={"a": {}}),
        "metadata-null-value": file({"x": u8}, 1, __metadata__={"a": None}),
        "metadata-is-a-tensor": file({}, 1, __metadata__=u8),
        "entry-number": one("7"),
        "entry-null": one("null"),
        "entry-array": one('["U8",[1],[0,1]]'),
        "entry-unknown-key": file({"x": entry("U8", [1], 0, 1, strides=[1])}, 1),
        "entry-without-dtype": one('{"shape":[1],"data_offsets":[0,1]}'),
        "entry-without-shape": one('{"dtype":"U8","data_offsets":[0,1]}'),
        "entry-without-offsets": one('{"dtype":"U8","shape":[1]}'),
        "dtype-number": file({"x": entry(8, [1], 0, 1)}, 1),
        "dtype-unknown": file({"x": entry("F3", [1], 0, 1)}, 1),
        "dtype-lower-case": file({"x": entry("u8", [1], 0, 1)}, 1),
        "dtype-object": one('{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}'),
        "shape-number": file({"x": entry("U8", 1, 0, 1)}, 1),
        "shape-null": file({"x": entry("U8", None, 0, 1)}, 1),
        "shape-string": file({"x": entry("U8", ["1"], 0, 1)}, 1),
        "shape-negative": file({"x": entry("U8", [-1], 0, 1)}, 1),
        "shape-negative-zero": one('{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}', 0),
        "shape-fraction": file({"x": entry("U8", [1.5], 0, 1)}, 1),
        "shape-float": file({"x": entry("U8", [1.0], 0, 1)}, 1),
        "shape-exponent": one('{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}'),
        "shape-leading-zero": one('{"dtype":"U8","shape":[01],"data_offsets":[0,1]}'),
        "shape-2^64": file({"x": entry("U8", [2**64], 0, 1)}, 1),
        "shape-2^63-times-0": file({"x": entry("U8", [0, 2**63], 0, 0)}, 0),
        "shape-product-overflow": file({"x": entry("U8", [2**32, 2**32], 0, 0)}, 0),
        "shape-overflow-before-0": file({"x": entry("U8", [2**32, 2**32, 0], 0, 0)}, 0),
        "shape-0-before-overflow": file({"x": entry("U8", [0, 2**32, 2**32], 0, 0)}, 0),
        "bits-overflow": file({"x": entry("F64", [2**61], 0, 0)}, 0),
        "bits-overflow-to-match": file({"x": entry("F32", [2**62], 0, 0)}, 0),
        "size-too-small": file({"x": entry("F32", [2], 0, 4)}, 4),
        "size-too-large": file({"x": entry("F32", [1], 0, 8)}, 8),
        "size-zero-for-scalar": file({"x": entry("F32", [], 0, 0)}, 0),
        "offsets-one": one('{"dtype":"U8","shape":[1],"data_offsets":[0]}'),
        "offsets-three": one('{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}'),
        "offsets-object": one('{"dtype":"U8","shape":[1],"data_offsets":{"0":0,"1":1}}'),
        "offsets-float": one('{"dtype":"U8","shape":[1],"data_offsets":[0,1.0]}'),
        "offsets-negative": one('{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}'),
        "offsets-reversed": one('{"dtype":"U8","shape":[1],"data_offsets":[1,0]}'),
        "offsets-beyond": one('{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'),
        "offsets-2^63": one('{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775808]}'),
        "offsets-wrap": one(
            '{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,18446744073709551616]}'),
        "overlap": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [4], 3, 7)}, 7),
        "same-place": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [4], 0, 4)}, 4),
        "inside": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [1], 1, 2)}, 4),
        "empty-inside": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [0], 2, 2)}, 4),
        "empty-at-begin": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [0], 0, 0)}, 4),
        "empty-at-end": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [0], 4, 4)}, 4),
        "empty-beyond": file({"x": entry("U8", [4], 0, 4), "y": entry("U8", [0], 5, 5)}, 4),
        "hole-in-front": file({"x": entry("U8", [1], 3, 4)}, 4),
        "hole-between": file({"x": entry("U8", [1], 0, 1), "y": entry("U8", [1], 2, 3)}, 3),
        "trailing-bytes": file({"x": u8}, 2),
        "unaligned-data": file({"a": u8, "b": entry("F64", [1], 1, 9)}, 9),
        "any-order": file({"b": entry("U8", [1], 4, 5), "a": entry("F32", [1], 0, 4)}, 5),
        "scalar": file({"x": entry("F32", [], 0, 4)}, 4),
        "many-axes": file({"x": entry("U8", [1] * 40, 0, 1)}, 1),
        "F4-half-byte": file({"x": entry("F4", [3], 0, 2)}, 2),
        "F4-half-byte-down": file({"x": entry("F4", [3], 0, 1)}, 1),
        "F6-half-byte": file({"x": entry("F6_E2M3", [2], 0, 2)}, 2),
        "F6-whole": file({"x": entry("F6_E3M2", [4], 0, 3)}, 3),
        "header-100-kB": file(
            {"layers.%d.weight" % k: entry("U8", [1], k, k + 1) for k in range(1500)}, 1500),
    }
    for dtype, width in WIDTHS.items():
        cases["dtype-" + dtype] = file({"x": entry(dtype, [2, 4], 0, width)}, width)
    whole = cases["metadata"]
    for count in range(0, len(whole), 7):
        cases["cut-%03d" % count] = whole[:count]
    return cases


def damaged(seed, count):
    generator = random.Random(seed)
    base = file(
        {"a.w": entry("BF16", [2, 3], 0, 12), "b": entry("F4", [6], 12, 15),
         "c": entry("I64", [], 15, 23)}, 23, __metadata__={"format": "pt"})
    for k in range(count):
        content = bytearray(base)
        for _ in range(generator.randint(1, 3)):
            # Mostly in the header: the data may hold anything.
            position = generator.randrange(len(content) - 23 * generator.randint(0, 1))
            change = generator.randrange(4)
            if change == 0:
                content[position] = generator.randrange(256)
            elif change == 1:
                del content[position]
            elif change == 2:
                content.insert(position, generator.choice(b'0123456789{}[],:"-e. '))
            else:
                content[position] = generator.choice(b'0123456789{}[],:"')
        # Keep the length right in half of them, so that the damage reaches the rules behind it.
        if generator.randrange(2) and len(content) > 31:
            content[:8] = struct.pack("<Q", len(content) - 31)
        yield "damaged-%d-%04d" % (seed, k), bytes(content)
