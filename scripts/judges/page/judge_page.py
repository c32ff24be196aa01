"""Opens the page of mmdit-report in a browser and uses it as a person would.

Usage: judge_page.py FOLDER_WITH_THE_TOOLS [--screenshots FOLDER]

The figures on the page are compared with those of the report it was made of, computed anew here.
"""

import argparse
import copy
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
import make_report
from browser import Opened, browser

LIMIT = 2_000_000


def table(page, selector):
    """The texts of a table's body: first lines of cells, from the values that the page sorts by."""
    return page.eval_on_selector_all(
        f"{selector} tbody tr",
        "rows => rows.map(r => [...r.children].map(c => [c.dataset.v ?? '', c.innerText]))")


def is_near(shown, exact):
    """Whether a shown number of at least two digits is the exact one, rounded."""
    text = shown.replace("−", "-")
    digits = text.split("e")[0].lstrip("-0.").replace(".", "")
    return abs(float(text) - exact) <= abs(exact) * 0.5 * 10 ** (1 - max(2, len(digits))) * 1.02


def judge_content(judge, opened, document):
    page = opened.page
    candidates = document["candidates"]
    failed = [c for c in candidates if c["verdict"] == "fail"]
    judge.check("Fidelity report" in page.title(), f"the title is {page.title()!r}")
    judge.check(
        page.locator("h1").inner_text().startswith(f"{len(failed)} of {len(candidates) - 1}"),
        f"the headline is {page.locator('h1').inner_text()!r}")
    rows = table(page, "#g0-summary table")
    judge.check(len(rows) == len(candidates), f"{len(rows)} lines in the summary")
    headings = page.eval_on_selector_all(
        "#g0-summary thead th", "cells => cells.map(c => c.innerText.trim())")
    figures = {
        "Velocity error": lambda g: g["velocity_relative_error"],
        "Latents error": lambda g: g["latents_relative_error"],
        "Latents PSNR, dB": lambda g: g["latents_psnr_db"],
        "SSIM": lambda g: g["picture"] and g["picture"]["ssim"],
        "FLIP": lambda g: g["picture"] and g["picture"]["flip"],
        "Guided error": lambda g: max(
            (s["guided_velocity_relative_error"] for s in g["steps"]
             if s["guided_velocity_relative_error"] is not None), default=None),
    }
    for row, candidate in zip(rows, candidates):
        judge.check(row[0][0] == candidate["name"], f"{row[0]} is not {candidate['name']}")
        word = "passes" if candidate["verdict"] == "pass" else "fails"
        judge.check(word in row[1][1], f"{candidate['name']}: the verdict is {row[1][1]!r}")
        size = float(row[headings.index("Size")][0])
        judge.check(size == candidate["stored_byte_count"], f"{candidate['name']}: size {size}")
        for heading, figure in figures.items():
            values = [v for v in map(figure, candidate["goldens"]) if v is not None]
            cell = row[headings.index(heading)]
            if not values:
                judge.check(cell[1] == "–", f"{candidate['name']}: {heading} is {cell[1]!r}")
                continue
            lines = cell[1].split()
            smaller_is_better = heading.endswith("error") or heading == "FLIP"
            worst = max(values) if smaller_is_better else min(values)
            median = statistics.median(values)
            judge.check(
                is_near(lines[0], median) and is_near(lines[1], worst)
                and abs(float(cell[0]) - median) <= 1e-12 * abs(median),
                f"{candidate['name']}: {heading} is {cell}, expected {median} and {worst}")
    violations = sum(len(c["violations"]) for c in candidates)
    judge.check(
        len(table(page, "#g0-violations table")) == violations, "not every violation has a line")
    blocks = sum(len(b["errors"]) for c in candidates for b in c["blocks"])
    cells = page.locator(".heat tbody td").count()
    judge.check(cells == blocks, f"the heat map has {cells} cells, expected {blocks}")
    drawn = page.locator("#g0-charts figure").count()
    judge.check(drawn == 4, f"{drawn} charts, expected 4")
    trends = page.locator("#trends figure").count()
    judge.check(trends == 4, f"{trends} charts of trends, expected 4")
    points = page.locator("#trends figure").first.locator("g.mark").count()
    expected = 3 * (len(candidates) - 1)
    judge.check(points == expected, f"{points} points in the first trend, expected {expected}")
    text = page.locator("#g0-provenance").inner_text()
    for expected in (make_report.DIGEST, "diffusers 0.42.1", "AMD EPYC", "apple-ink"):
        judge.check(expected in text, f"the provenance does not name {expected}")
    unnamed = page.eval_on_selector_all(
        "button,select,input,img,svg[role=img],[role=region],dialog",
        """all => all.filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
          || e.alt || e.textContent || e.querySelector('img[alt]') || (e.labels && e.labels.length))).length""")
    judge.check(unnamed == 0, f"{unnamed} controls or pictures have no name")


def judge_summary(judge, summary, document):
    """The document of --json has the medians and the worst of the report."""
    (part,) = summary["golden_sets"]
    judge.check(part["sha256"] == make_report.DIGEST, "the summary is of another golden set")
    for found, candidate in zip(part["candidates"], document["candidates"]):
        values = [golden["velocity_relative_error"] for golden in candidate["goldens"]]
        spread = found["metrics"]["velocity_relative_error"]
        judge.check(
            found["name"] == candidate["name"] and found["verdict"] == candidate["verdict"]
            and abs(spread["median"] / statistics.median(values) - 1) < 1e-12
            and spread["worst"] == max(values),
            f"{candidate['name']}: the summary says {spread}")


def judge_use(judge, opened):
    page = opened.page
    # Sorting: both ways, by the click of a heading, and by its key.
    heading = page.locator("#g0-summary thead th", has_text="Velocity error")
    column = heading.evaluate("cell => cell.cellIndex")
    for direction, press in (("ascending", "click"), ("descending", "Enter")):
        button = heading.locator("button")
        button.click() if press == "click" else button.press(press)
        values = [float(row[column][0]) for row in table(page, "#g0-summary table")]
        judge.check(
            values == sorted(values, reverse=direction == "descending")
            and heading.get_attribute("aria-sort") == direction, f"sorted {direction}: {values}")
    # Charts: a candidate disappears and comes back; one golden's lines instead of the medians.
    visible = "#g0-charts svg .line:not([hidden])"
    before = page.locator(visible).count()
    key = page.locator("#g0-charts .key").first
    key.click()
    judge.check(page.locator(visible).count() < before, "the legend hides nothing")
    key.press("Space")
    judge.check(page.locator(visible).count() == before, "the legend does not bring back")
    page.locator("select.golden").select_option(index=2)
    shown = page.locator(f"{visible}[data-golden='1']").count()
    judge.check(
        shown > 0 and page.locator(f"{visible}[data-golden=all]").count() == 0,
        f"{shown} lines of the chosen golden")
    page.locator("select.golden").select_option("all")
    # Heat map.
    page.locator(".heat tbody tr:not(.part) td").first.hover()
    readout = page.locator(".readout").inner_text()
    judge.check("transformer_blocks.0" in readout and "0 % of the run" in readout, readout)
    # Pictures: what the grid shows.
    for value, selector in (("difference", ".difference"), ("map", ".map"), ("picture", ".picture")):
        page.locator(f".segments input[value={value}]").check(force=True)
        first = page.locator(f".open {selector}").first
        judge.check(first.is_visible(), f"{value} is not shown")
        if value == "difference":
            page.wait_for_function(
                "document.querySelectorAll('canvas[data-drawn]').length > 50")
            page.wait_for_function("""() => { const c = [...document.querySelectorAll('.open canvas')][3];
              return c.getContext('2d').getImageData(0, 0, c.width, c.height).data
                .some((v, i) => i % 4 !== 3 && v > 8); }""")
    broken = page.eval_on_selector_all(
        ".gallery img", "all => all.filter(i => i.complete && !i.naturalWidth).length")
    judge.check(broken == 0, f"{broken} pictures are broken")
    judge_viewer(judge, page)
    # Theme.
    colors = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colors)
    page.locator("#theme").click()
    dark = page.evaluate(colors)
    judge.check(
        light != dark and page.locator("#theme").get_attribute("aria-pressed") == "true",
        f"the theme goes from {light} to {dark}")
    page.locator("#theme").click()
    judge.check(page.evaluate(colors) == light, "the theme does not come back")


def judge_viewer(judge, page):
    cell = page.locator(".open").nth(1)
    cell.focus()
    page.keyboard.press("Enter")
    viewer = page.locator("#viewer")
    judge.check(viewer.is_visible(), "the large view does not open")
    judge.check(
        cell.get_attribute("data-candidate") in page.locator("#viewer-title").inner_text(),
        "the large view has another title")

    def edge():
        return page.locator("#stage-candidate").evaluate("e => getComputedStyle(e).clipPath")

    middle = edge()
    page.keyboard.press("ArrowRight")
    judge.check(edge() != middle, "the slider does not move by key")
    page.keyboard.press("Home")
    judge.check(page.locator("#slider").input_value() == "0", "Home is not the beginning")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    value = int(page.locator("#slider").input_value())
    judge.check(60 <= value <= 80, f"the slider is at {value} after it was pulled to 70")
    judge.check("SSIM" in page.locator("#viewer-figures").inner_text(), "figures are missing")
    title = page.locator("#viewer-title").inner_text()
    page.locator("[data-way=right]").click()
    judge.check(page.locator("#viewer-title").inner_text() != title, "no next candidate")
    page.locator("[data-way=down]").click()
    page.keyboard.press("Escape")
    judge.check(not viewer.is_visible(), "Escape does not close the large view")
    cell.click()
    page.locator("#viewer-close").click()
    judge.check(not viewer.is_visible(), "the button does not close the large view")


def judge_widths(judge, chromium, path, screenshots):
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"),
                          (360, "light")):
        with Opened(chromium, path, width=width, scheme=scheme) as opened:
            judge.check(
                opened.overflow() <= 0, f"{width}: {opened.overflow()} pixels wider than the window")
            judge.check(not opened.cut_off(), f"{width}: cut off: {opened.cut_off()}")
            judge.check(
                not opened.overlapping_labels(), f"{width}: {opened.overlapping_labels()}")
            judge.check(not opened.messages, f"{width} {scheme}: {opened.messages}")
            judge.check(not opened.pale_texts(), f"{width} {scheme}: pale: {opened.pale_texts()}")
            if screenshots:
                name = f"{width}-{scheme}"
                opened.page.screenshot(path=screenshots / f"{name}.png", full_page=True)
                opened.page.locator(".open").nth(3).click()
                opened.page.wait_for_timeout(200)
                opened.page.screenshot(path=screenshots / f"{name}-large.png")


def judge_print(judge, chromium, path, screenshots):
    with Opened(chromium, path) as opened:
        file = (screenshots or path.parent) / "page.pdf"
        opened.page.pdf(path=file, format="A4")
        judge.check(file.read_bytes()[:5] == b"%PDF-", "the page cannot be printed")
        opened.page.emulate_media(media="print")
        judge.check(not opened.page.locator("nav").is_visible(), "the paper has a menu")


def judge_hostile(judge, chromium, report, folder):
    """Names that are markup, in other scripts, or very long."""
    document = copy.deepcopy(report)
    names = ["<img src=x onerror=alert(1)>", "\"\u0301 onmouseover=alert(1) x=\u0301",
             "נבדק", "x" * 400, "{{{script}}}", "</script><script>alert(1)</script>"]
    for candidate, name in zip(document["candidates"][1:], names):
        candidate["name"] = name
    for golden in document["candidates"][1]["goldens"]:
        golden["prompt"] = "</td><script>alert(1)</script> " + "y" * 300
    # Of candidates in another arithmetic it stands behind the name.
    expected = [c["name"] + ("" if c["arithmetic"] == "float32" else f"@{c['arithmetic']}")
                for c in document["candidates"][1:]]
    path = folder / "hostile.json"
    path.write_text(json.dumps(document))
    page = folder / "hostile.html"
    judge.tool("mmdit-report", path, "--html", page, exits=1)
    for width in (1280, 360):
        with Opened(chromium, page, width=width) as opened:
            shown = [row[0][0] for row in table(opened.page, "#g0-summary table")][1:]
            judge.check(shown == expected, f"the names are {shown}")
            judge.check(
                opened.page.locator("script").count() == 1 and not opened.messages,
                f"something ran: {opened.messages}")
            judge.check(opened.overflow() <= 0, f"{width}: {opened.overflow()} pixels too wide")


def judge_controls(judge, chromium, path):
    """Faults that must be found."""
    html = path.read_text()
    policy = html[html.index("<meta http-equiv"):]
    policy = policy[:policy.index(">") + 1]
    open_page = html.replace(policy, "")

    def opened(name, text):
        file = path.parent / name
        file.write_text(text)
        return Opened(chromium, file)

    with opened("error.html", open_page.replace("</body>", "<script>nobody()</script></body>")) as bad:
        judge.check(bad.messages, "an error in a script is not seen")
    with opened("foreign.html", html.replace(
            "</head>", "<link rel=stylesheet href='http://127.0.0.1:9/x.css'></head>")) as bad:
        bad.page.wait_for_timeout(200)
        judge.check(bad.foreign_requests or bad.messages, "a foreign style sheet is not seen")
    with opened("injected.html", html.replace(
            "</body>", "<script>document.title = 'taken'</script></body>")) as bad:
        judge.check(bad.page.title() != "taken", "the policy lets a foreign script run")
    with opened("wide.html", html.replace("</main>", "<div style='width:3000px'>x</div></main>")) as bad:
        judge.check(bad.overflow() > 0, "a page that is too wide is not seen")
    with opened("pale.html", html.replace("</style>", ".note{color:#999}</style>", 1)) as bad:
        judge.check(bad.pale_texts(), "pale text is not seen")
    with opened("labels.html", html.replace(
            "</svg>\n<figcaption>", "<text x='60' y='60'>one</text><text x='62' y='61'>two</text></svg>\n<figcaption>", 1)) as bad:
        judge.check(bad.overlapping_labels(), "labels on each other are not seen")
    judge.check(not is_near("0.0124", 0.0123), "a wrong last digit is not seen")


def add_versions(judge, report, history):
    """A history of three versions, each a little better than the one before."""
    for number, factor in enumerate((1.3, 1.1, 1.0)):
        document = copy.deepcopy(report)
        for candidate in document["candidates"][1:]:
            for golden in candidate["goldens"]:
                golden["velocity_relative_error"] *= factor
                golden["picture"]["flip"] *= factor
        path = judge.folder / f"version-{number}.json"
        path.write_text(json.dumps(document))
        judge.tool(
            "mmdit-report", "add", path, "--history", history, "--label", f"0.{number + 1}.0",
            "--at", f"2026-0{number + 1}-01T00:00:00Z")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--screenshots", type=pathlib.Path)
    options = parser.parse_args()
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    with harness.Judge(options.binaries) as judge, browser() as chromium:
        report = make_report.make(judge.folder, harness.GOLDENS)
        path = judge.folder / "page.html"
        source, history = judge.folder / "fidelity.json", judge.folder / "history.sqlite"
        add_versions(judge, report, history)
        judge.tool("mmdit-report", source, "--html", path, "--history", history, exits=1)
        judge_summary(judge, judge.report("mmdit-report", source, exits=1), report)
        size = path.stat().st_size
        judge.check(size < LIMIT, f"the page has {size} bytes")
        first = path.read_bytes()
        judge.tool("mmdit-report", source, "--html", path, "--history", history, exits=1)
        judge.check(path.read_bytes() == first, "the same report gives another page")
        with Opened(chromium, path) as opened:
            judge_content(judge, opened, report)
            judge_use(judge, opened)
            judge.check(not opened.messages, f"the console says {opened.messages}")
            judge.check(not opened.foreign_requests, f"it asks for {opened.foreign_requests}")
        judge_widths(judge, chromium, path, options.screenshots)
        judge_print(judge, chromium, path, options.screenshots)
        judge_hostile(judge, chromium, report, judge.folder)
        judge_controls(judge, chromium, path)


main()
