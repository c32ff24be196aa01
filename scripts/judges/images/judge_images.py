"""Judges pictures and their metrics by other people's programs.

Usage: judge_images.py FOLDER_WITH_THE_TOOLS [SEED]

Paints random pictures, has the suite read, write, resample and compare them (ImageJudgeTests), and
does the same with Pillow, scikit-image and flip-evaluator; MS-SSIM from its formula with SciPy.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import warnings
import zlib

import flip_evaluator
import numpy as np
from PIL import Image, PngImagePlugin
from scipy.ndimage import gaussian_filter1d
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from png_kinds import KINDS, encode

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import ROOT, Judge  # noqa: E402

TEXTS = [["Software", "mmdit"], ["Überschrift", "naïve café\nzweite Zeile"],
         ["prompt", "ein Fuchs 🦊 und 猫"], ["json", json.dumps({"a": [1, 2.5], "b": "\\"})]]


def painted(rng, width, height):
    """Smooth blobs, edges and some noise, as pictures have."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 3))
    for _ in range(6):
        color = rng.uniform(-120, 160, 3)
        cx, cy = rng.uniform(0, width), rng.uniform(0, height)
        size = rng.uniform(2, 2 + max(width, height) / 2)
        distance = np.hypot(x - cx, y - cy) / size
        shape = np.exp(-distance**2) if rng.integers(2) else (distance < 1).astype(float)
        picture += shape[..., None] * color
    picture += 60 + rng.normal(0, rng.uniform(0, 12), picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def changed(rng, picture):
    """The picture with an error of a kind that weights of few bits make."""
    kind = rng.integers(4)
    if kind == 0:
        result = picture + rng.normal(0, rng.uniform(1, 40), picture.shape)
    elif kind == 1:
        result = np.roll(picture, 1, int(rng.integers(2)))
    elif kind == 2:
        result = (picture - 128.0) * rng.uniform(0.5, 1.4) + 128 + rng.uniform(-30, 30, 3)
    else:
        size = (max(1, picture.shape[1] // 3), max(1, picture.shape[0] // 3))
        small = Image.fromarray(picture).resize(size, Image.Resampling.BOX)
        result = np.asarray(small.resize(picture.shape[1::-1], Image.Resampling.BILINEAR))
    return np.clip(result, 0, 255).astype(np.uint8)


def multi_scale(a, b):
    """MS-SSIM of Wang et al. 2003 as formats/metrics.md defines it."""
    def mean(plane):
        for axis in (0, 1):
            plane = gaussian_filter1d(plane, 1.5, axis=axis, radius=5)
        return plane[5:-5, 5:-5]

    def halved(plane):
        pads = [(side % 2, side % 2) for side in plane.shape]
        plane = np.pad(plane, pads)
        plane = plane[:plane.shape[0] // 2 * 2, :plane.shape[1] // 2 * 2]
        return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4

    values = []
    for channel in range(3):
        x, y = (p[..., channel].astype(np.float64) for p in (a, b))
        value = 1.0
        for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
            mx, my = mean(x), mean(y)
            sx, sy, sxy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
            factor = (2 * sxy + 58.5225) / (sx + sy + 58.5225)
            if scale == 4:
                factor = factor * (2 * mx * my + 6.5025) / (mx**2 + my**2 + 6.5025)
            value *= max(0.0, factor.mean()) ** weight
            x, y = halved(x), halved(y)
        values.append(value)
    return float(np.mean(values))


class Cases:
    def __init__(self, folder, seed):
        self.folder = folder
        self.rng = np.random.default_rng(seed)
        self.cases = []
        self.expected = {}

    def add(self, action, raw=None, expected=None, **values):
        name = f"{action}-{len(self.cases)}"
        self.cases.append({"name": name, "action": action, **values})
        self.expected[name] = expected
        if raw is not None:
            (self.folder / f"{name}.raw").write_bytes(raw.tobytes())
            self.cases[-1].setdefault("width", raw.shape[1])
            self.cases[-1].setdefault("height", raw.shape[0])
        return name

    def size(self, smallest, largest):
        return [int(side) for side in self.rng.integers(smallest, largest, 2)]

    def read(self):
        for kind in KINDS:
            for interlaced in (False, True):
                file, rgb = encode(kind, *self.size(1, 60), interlaced, self.rng)
                name = self.add("read", expected=(rgb, []))
                (self.folder / f"{name}.png").write_bytes(file)
                if kind.name != "grey16":  # Pillow clips those
                    theirs = Image.open(self.folder / f"{name}.png").convert("RGB")
                    assert (np.asarray(theirs) == rgb).all()
        for mode in ("RGB", "RGBA", "L", "LA", "P", "1"):
            picture = Image.fromarray(painted(self.rng, *self.size(5, 90))).convert(mode)
            name = self.add("read")
            info = PngImagePlugin.PngInfo()
            for keyword, text in TEXTS[:2]:
                info.add_text(keyword, text, zip=bool(self.rng.integers(2)))
            for keyword, text in TEXTS[2:]:
                info.add_itxt(keyword, text, zip=bool(self.rng.integers(2)))
            picture.save(self.folder / f"{name}.png", pnginfo=info, optimize=True)
            self.expected[name] = (np.asarray(picture.convert("RGB")), TEXTS)

    def damaged(self):
        whole, _ = encode(KINDS[-1], 12, 12, False, self.rng)
        for place in self.rng.integers(0, len(whole), 60):
            file = bytearray(whole)
            if self.rng.integers(2):
                file[place] ^= 1 << int(self.rng.integers(8))
            else:
                del file[place:]
            name = self.add("read", expected="refused")
            (self.folder / f"{name}.png").write_bytes(file)

    def write(self):
        for _ in range(10):
            picture = painted(self.rng, *self.size(1, 120))
            self.add("write", picture, picture, texts=TEXTS)
        picture = painted(self.rng, *self.size(1, 120))
        self.add("grey", picture[..., 0], picture[..., :1].repeat(3, 2))
        for count in (2, 3, 14, 16, 200, 256):
            colors = self.rng.integers(0, 256, (count, 3)).astype(np.uint8)
            indices = self.rng.integers(0, count, self.size(1, 50)).astype(np.uint8)
            self.add("palette", indices, colors[indices], palette=colors.tolist())

    def resample(self):
        for index in range(120):
            picture = painted(self.rng, *self.size(1, 400 if index % 8 == 0 else 40))
            width, height = self.size(1, 300 if index % 8 == 0 else 60)
            theirs = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
            self.add("resize", picture, np.asarray(theirs), newWidth=width, newHeight=height)
        for _ in range(10):
            width, height = self.size(64, 500)
            picture = painted(self.rng, width, height)
            image, area = Image.fromarray(picture), int(self.rng.integers(20_000, 150_000))
            if width * height > area:
                scale = (area / (width * height)) ** 0.5
                image = image.resize((int(width * scale), int(height * scale)),
                                     Image.Resampling.LANCZOS)
            w, h = (side // 16 * 16 for side in image.size)
            left, top = (image.width - w) // 2, (image.height - h) // 2
            image = image.crop((left, top, left + w, top + h))
            self.add("reference", picture, np.asarray(image), area=area)

    def compare(self):
        for size in [self.size(11, 160) for _ in range(16)] + [
                self.size(161, 300) for _ in range(5)] + [(512, 320), (1024, 1024)]:
            picture = painted(self.rng, *size)
            other = changed(self.rng, picture)
            name = self.add("compare", picture, (picture, other))
            (self.folder / f"{name}.other.raw").write_bytes(other.tobytes())

    def run(self):
        (self.folder / "cases.json").write_text(json.dumps(self.cases))
        command = ["swift", "test", "-c", "release", "--skip-build", "--filter", "ImageJudgeTests"]
        return subprocess.run(
            command, cwd=ROOT, env={**os.environ, "MMDIT_IMAGE_CASES": str(self.folder)},
            capture_output=True, text=True, stdin=subprocess.DEVNULL)


def same(found, expected):
    """Whether two pictures have the same bytes."""
    return found == expected.tobytes()


def close(found, expected):
    """Which figures of two measurements disagree; for the limits see SimilarityTests and FLIPTests.

    Of a map, 99 pixels of 100 keep the limit of FLIPTests. Where features differ by nothing, the root
    makes sqrt(1.5e-6 / 1.4) = 1e-3 of four deviations of a sum of luminances, and the power 0.37
    of that.
    """
    limits = {"psnr": 1e-10, "ssim": 1e-10, "ms_ssim": 2e-8, "flip": 2e-6}
    wrong = []
    for key, limit in limits.items():
        a, b = float(found[key]), expected[key]
        if not (a == b or abs(a - b) < limit or (np.isnan(a) and np.isnan(b))):
            wrong.append(f"{key} is {a}, expected {b}")
    errors = abs(found["map"] - expected["map"])
    if not (errors.max() < 4e-4 and np.quantile(errors, 0.99) < 2e-5):
        wrong.append(f"the FLIP map is wrong by {errors.max()}, {np.quantile(errors, 0.99)}")
    return wrong


def measured(a, b):
    """The figures of other people's programs.

    Not flip-evaluator's mean: a sum in 32-bit floats, it is wrong by 4e-4 of itself on a megapixel.
    """
    errors, _, _ = flip_evaluator.evaluate(
        a.astype(np.float32) / 255, b.astype(np.float32) / 255, "LDR", applyMagma=False)
    return {
        "psnr": float("inf") if (a == b).all() else peak_signal_noise_ratio(a, b, data_range=255),
        "ssim": structural_similarity(
            a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            data_range=255),
        "ms_ssim": multi_scale(a, b) if min(a.shape[:2]) > 160 else float("nan"),
        "flip": float(errors.mean(dtype=np.float64)), "map": errors[..., 0]}


def judge_case(judge, case, expected, folder):
    name, action = case["name"], case["action"]
    if isinstance(expected, str):
        judge.check((folder / f"{name}.refused").exists(), f"{name}: a damaged file was read")
    elif action == "read":
        refused = folder / f"{name}.refused"
        if not judge.check(not refused.exists(), f"{name}: a good file was refused"):
            return
        rgb, texts = expected
        judge.check(same((folder / f"{name}.rgb").read_bytes(), rgb), f"{name}: other pixels")
        found = json.loads((folder / f"{name}.texts").read_text())
        judge.check(found == texts, f"{name}: texts {found}, expected {texts}")
    elif action in ("write", "grey", "palette"):
        with Image.open(folder / f"{name}.png") as image:
            pixels = np.asarray(image.convert("RGB"))
            judge.check(same(pixels.tobytes(), expected), f"{name}: Pillow reads other pixels")
            texts = [list(pair) for pair in image.text.items()]
            judge.check(texts == case.get("texts", []), f"{name}: Pillow reads texts {texts}")
        with Image.open(folder / f"{name}.png") as image:
            image.verify()
    elif action in ("resize", "reference"):
        found = (folder / f"{name}.rgb").read_bytes()
        sizes = {key: case[key] for key in case if key not in ("name", "action")}
        judge.check(same(found, expected), f"{name}: other pixels than Pillow's, {sizes}")
    else:
        found = json.loads((folder / f"{name}.json").read_text())
        a, b = expected
        found["map"] = np.fromfile(folder / f"{name}.flip", "<f4").reshape(a.shape[:2])
        theirs = measured(a, b)
        for line in close(found, theirs) or [None]:
            judge.check(line is None, f"{name}, {case['width']} x {case['height']}: {line}")
        # Controls: what is slightly wrong is found.
        worse = dict(found, map=found["map"] + np.float32(1e-4))
        judge.check(close(worse, theirs), f"{name}: a wrong map was not found")
        for key in ("psnr", "ssim", "flip"):
            worse = dict(found, **{key: float(found[key]) * (1 + 1e-3) + 1e-4})
            judge.check(close(worse, theirs), f"{name}: a wrong {key} was not found")
        judge.worst = max(getattr(judge, "worst", 0), abs(found["map"] - theirs["map"]).max())
        if case["width"] == 1024:
            print(f"FLIP of 1024 x 1024 pixels: {found['flip_seconds']:.2f} s")


def control(judge, folder, cases):
    """One value that differs by one is found in every result that is a picture."""
    for name, expected in cases.expected.items():
        path = folder / f"{name}.rgb"
        if isinstance(expected, np.ndarray) and path.exists():
            wrong = bytearray(path.read_bytes())
            wrong[len(wrong) // 2] ^= 1
            judge.check(not same(bytes(wrong), expected), f"{name}: a wrong value was not found")
    # A file of ours whose pixels are damaged behind the back of its checksums.
    name = next(case["name"] for case in cases.cases if case["action"] == "write")
    file = bytearray((folder / f"{name}.png").read_bytes())
    start = file.index(b"IDAT")
    length = int.from_bytes(file[start - 4:start], "big")
    file[start + 4 + length // 2] ^= 0x40
    end = start + 4 + length
    file[end:end + 4] = zlib.crc32(file[start:end]).to_bytes(4, "big")
    (folder / "control.png").write_bytes(file)
    try:
        with Image.open(folder / "control.png") as image:
            differs = not same(np.asarray(image).tobytes(), cases.expected[name])
    except (OSError, SyntaxError):
        differs = True
    judge.check(differs, "damaged pixels were not found")


def main():
    warnings.filterwarnings("ignore", "Palette images with Transparency")
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**32
    print("seed", seed)
    with Judge() as judge:
        cases = Cases(judge.folder, seed)
        for make in (cases.read, cases.damaged, cases.write, cases.resample, cases.compare):
            make()
        process = cases.run()
        output = process.stdout + process.stderr
        if not judge.check(process.returncode == 0 and "1 test" in output, output[-2000:]):
            return
        for case in cases.cases:
            judge_case(judge, case, cases.expected[case["name"]], judge.folder)
        print(f"worst pixel of all FLIP maps: {judge.worst:.1e}")
        control(judge, judge.folder, cases)


main()
