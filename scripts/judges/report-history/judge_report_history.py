"""Judges comparison, gate and history: intervals against scipy's bootstrap, verdicts against reports
whose changes are known, JUnit XML and the database with other people's readers.

    judge_report_history.py FOLDER_WITH_THE_TOOLS
"""

import copy
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import junitparser
import numpy as np
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from scipy import stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from synthetic_reports import candidate, noisy, report

SCHEMAS = {path.name: json.loads(path.read_text())
           for path in (harness.ROOT / "formats").glob("*.json")}
REGISTRY = Registry().with_resources(
    ((harness.ROOT / "formats" / name).as_uri(), Resource.from_contents(schema))
    for name, schema in SCHEMAS.items())


# What the schema of Jenkins (junit-10.xsd of its xUnit plugin) lets stand where.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "time", "tests", "failures", "errors"}, {"testcase"}),
    "testcase": ({"name", "time", "classname"}, {"failure"}),
    "failure": ({"type", "message"}, set()),
}


def is_junit(element):
    attributes, children = JUNIT.get(element.tag, (set(), set()))
    return set(element.attrib) == attributes and all(
        child.tag in children and is_junit(child) for child in element)


def is_valid(name, document):
    place = (harness.ROOT / "formats" / f"{name}.schema.json").as_uri()
    return Draft202012Validator({"$ref": place}, registry=REGISTRY).is_valid(document)


def write(judge, name, document):
    path = judge.folder / name
    path.write_text(json.dumps(document))
    return path


def metric(comparison, name, of="int8"):
    return next(m for m in candidate(comparison, of)["metrics"] if m["metric"] == name)


def judge_intervals(judge):
    """Ours against scipy's percentile bootstrap at the level that the expansion asks for."""
    for prompts in (5, 6, 9, 16, 40):
        old = report(prompts, prompts)
        new = noisy(old, 100 + prompts, growth=1.1, deviation=0.2)
        paths = write(judge, "old.json", old), write(judge, "new.json", new)
        for confidence in (0.8, 0.95):
            found = judge.report("mmdit-report", "compare", *paths, "--confidence", confidence,
                                 "--resamples", 100_000)
            judge.check(is_valid("comparison", found), f"{prompts} prompts: the comparison is valid")
            velocity = metric(found, "velocity_relative_error")
            ratios = np.array([
                np.log(b["velocity_relative_error"] / a["velocity_relative_error"])
                for a, b in zip(candidate(old)["goldens"], candidate(new)["goldens"])])
            judge.check(abs(velocity["worsening"] - np.expm1(ratios.mean())) < 1e-12,
                        f"{prompts} prompts: the mean is that of numpy")
            n = prompts
            t = stats.t.ppf((1 + confidence) / 2, n - 1)
            level = 1 - 2 * stats.norm.sf(t * np.sqrt(n / (n - 1)))
            ours = np.log1p([velocity["interval"]["lower"], velocity["interval"]["upper"]])
            theirs = np.array([list(stats.bootstrap(
                (ratios,), np.mean, confidence_level=level, method="percentile",
                n_resamples=100_000, rng=np.random.default_rng(seed)).confidence_interval)
                for seed in range(4)])
            # The spread of a quantile p of N resamples is √(p(1 − p)/N) over the density there; the
            # normal's density will do. Five of them, for two samples.
            z = stats.norm.ppf((1 + level) / 2)
            spread = (np.sqrt((1 - level) / 2 / 1e5) / stats.norm.pdf(z)
                      * ratios.std() / np.sqrt(n))
            gap = np.abs(ours - theirs.mean(0)).max()
            judge.check(gap < 5 * np.sqrt(1 + 1 / 4) * spread,
                        f"{n} prompts, {confidence}: {ours} is scipy's {theirs.mean(0)} "
                        f"within {5 * spread:.2g}")
            plain = np.array(stats.bootstrap(
                (ratios,), np.mean, confidence_level=confidence, method="percentile",
                n_resamples=100_000, rng=np.random.default_rng(9)).confidence_interval)
            judge.check(np.ptp(ours) > np.ptp(plain),
                        f"{n} prompts, {confidence}: wider than the plain percentiles")
            again = judge.report("mmdit-report", "compare", *paths, "--confidence", confidence,
                                 "--resamples", 100_000)
            judge.check(again == found, "the same seed gives the same intervals")
            other = judge.report("mmdit-report", "compare", *paths, "--confidence", confidence,
                                 "--resamples", 100_000, "--seed", 2)
            # Of few prompts there are few means, so that two seeds may end at the same.
            judge.check(n < 16 or metric(other, "velocity_relative_error") != velocity,
                        f"{n} prompts: another seed gives others")


def judge_rates(judge):
    """How often the gate fails reports that are no worse, and finds one that is."""
    old = report(16, 1)
    baseline = write(judge, "old.json", old)
    failing = {1.0: 0, 1.15: 0}
    trials = 40
    for growth in failing:
        for seed in range(trials):
            path = write(judge, "new.json", noisy(old, 1000 + seed, growth=growth))
            process = subprocess.run(
                [judge.binaries / "mmdit-report", "gate", "--baseline", baseline, path,
                 "--resamples", "2000", "--quiet"], capture_output=True)
            judge.check(process.returncode in (0, 1), f"exit code {process.returncode}")
            failing[growth] += process.returncode
    judge.check(failing[1.0] <= 2, f"noise fails {failing[1.0]} of {trials} builds")
    judge.check(failing[1.15] >= 0.75 * trials, f"{failing[1.15]} of {trials} losses are found")


def judge_findings(judge):
    """One thing wrong at a time: the gate names it, and nothing else."""
    old = report(8, 3)
    baseline = write(judge, "old.json", old)

    def changed(change):
        document = copy.deepcopy(old)
        change(document, candidate(document))
        return write(judge, "new.json", document)

    def fail_limits(document, int8):
        int8["violations"] = [{"subject": "x", "limit": "velocity_relative_error",
                               "allowed": 0.1, "found": 0.2, "place": None}]
        int8["verdict"] = document["verdict"] = "fail"

    cases = {
        "nothing": (lambda d, c: None, []),
        "verdict": (fail_limits, [("verdict", "verdict")]),
        "candidate": (lambda d, c: d["candidates"].remove(c), [("presence", "candidate_missing")]),
        "golden": (lambda d, c: c["goldens"].pop(), [("presence", "golden_missing")]),
        "size": (lambda d, c: c.update(stored_byte_count=4_100_000), [("stored_byte_count", "larger")]),
        "bits": (lambda d, c: c.update(bits_per_weight=9), [("bits_per_weight", "larger")]),
        "tensor": (lambda d, c: c["tensors"][2].update(relative_error=0.04), [("weights", "tensor_worse")]),
        "no tensor": (lambda d, c: c["tensors"].pop(), [("weights", "tensor_missing")]),
        "undefined": (lambda d, c: c["goldens"][0].update(velocity_relative_error=None),
                      [("velocity_relative_error", "undefined")]),
        "decibels": (lambda d, c: [g.update(latents_psnr_db=g["latents_psnr_db"] - 0.6)
                                   for g in c["goldens"]], [("latents_psnr_db", "worse")]),
        "within tolerance": (lambda d, c: [g.update(latents_psnr_db=g["latents_psnr_db"] - 0.4)
                                           for g in c["goldens"]], []),
        "flip": (lambda d, c: [g["picture"].update(flip=0.2) for g in c["goldens"]],
                 [("picture_flip", "worse")]),
        "better": (lambda d, c: [g.update(latents_relative_error=0.001) for g in c["goldens"]], []),
    }
    for name, (change, expected) in cases.items():
        path = changed(change)
        junit, summary = judge.folder / "gate.xml", judge.folder / "summary.md"
        summary.write_text("before\n")
        exits = 1 if expected else 0
        found = judge.report("mmdit-report", "gate", "--baseline", baseline, path,
                             "--junit", junit, exits=exits)
        judge.check(is_valid("comparison", found), f"{name}: the document is valid")
        checks = [c for c in found["gate"]["checks"] if c["verdict"] == "fail"]
        told = [(c["subject"], f["kind"]) for c in checks for f in c["findings"]]
        judge.check(sorted(set(told)) == expected, f"{name}: expected {expected}, found {told}")
        judge.check(all(c["candidate"] == "int8" for c in checks), f"{name}: the candidate is named")

        suites = list(junitparser.JUnitXml.fromfile(str(junit)))
        judge.check(is_junit(ElementTree.parse(junit).getroot()), f"{name}: JUnit as Jenkins has it")
        failures = [case for suite in suites for case in suite
                    if any(isinstance(r, junitparser.Failure) for r in case.result)]
        judge.check(len(failures) == len(checks), f"{name}: a failure for each check")
        judge.check([s.name for s in suites] == ["reference", "int8", "int4"], f"{name}: suites")
        judge.check(sum(s.tests for s in suites) == len(found["gate"]["checks"])
                    and all(s.tests == len(list(s)) for s in suites), f"{name}: the counts are right")

        os.environ["GITHUB_STEP_SUMMARY"] = str(summary)
        text = judge.tool("mmdit-report", "gate", "--baseline", baseline, path, "--github",
                          exits=exits).stdout
        del os.environ["GITHUB_STEP_SUMMARY"]
        commands = [line for line in text.splitlines() if line.startswith("::error title=int8")]
        judge.check(len(commands) == len(checks), f"{name}: a command for each check")
        judge.check(summary.read_text().startswith("before\n## Fidelity gate: "), f"{name}: a summary")

    # A tolerance of its own lets through what the default one does not.
    path = changed(cases["size"][0])
    wide = write(judge, "wide.json", {"stored_byte_count": 0.03})
    judge.check(is_valid("gate-tolerances", json.loads(wide.read_text())), "tolerances are valid")
    judge.tool("mmdit-report", "gate", "--baseline", baseline, path, "--tolerances", wide)
    judge.tool("mmdit-report", "gate", "--baseline", baseline, path, "--tolerances",
               write(judge, "bad.json", {"size": 1}), exits=65)
    other = copy.deepcopy(old)
    other["golden_set"]["sha256"] = "1" * 64
    judge.tool("mmdit-report", "gate", "--baseline", baseline, write(judge, "other.json", other),
               exits=65)


def judge_schemas(judge):
    """The schemas take what is written and refuse it with one thing wrong."""
    old = report(6, 5)
    judge.check(is_valid("fidelity-report", old), "the reports of this judge are valid")
    path = write(judge, "old.json", old)
    for schema, document, keys in (
            ("comparison", judge.report("mmdit-report", "gate", "--baseline", path, path),
             (["format"], ["gate", "checks"], ["candidates", 0, "metrics", 0, "pairs"])),
            ("gate-tolerances", {"picture_flip": 0.1}, ())):
        judge.check(is_valid(schema, document), f"{schema} is valid")
        judge.check(not is_valid(schema, {**document, "more": 1}), f"{schema}: an unknown key")
        for keys in keys:
            broken = copy.deepcopy(document)
            place = broken
            for key in keys[:-1]:
                place = place[key]
            del place[keys[-1]]
            judge.check(not is_valid(schema, broken), f"{schema} without {keys}")
    judge.check(not is_valid("gate-tolerances", {"picture_flip": -1}), "a negative tolerance")


def judge_history(judge):
    """The database with Python's SQLite: its tables have the figures of the reports."""
    database = judge.folder / "history.sqlite"
    versions = {}
    for index in range(3):
        document = noisy(report(8, 7), index, growth=1 + index, deviation=0)
        versions[f"v{index}"] = document
        judge.tool("mmdit-report", "add", write(judge, "r.json", document), "--history", database,
                   "--label", f"v{index}", "--at", f"2026-01-0{index + 1}")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        judge.check(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "whole")
        judge.check(connection.execute("PRAGMA foreign_key_check").fetchall() == [], "keys")
        for label, document in versions.items():
            rows = connection.execute(
                "SELECT golden.velocity_relative_error, golden.picture_psnr_db FROM golden "
                "JOIN candidate ON candidate.id = candidate_id JOIN run ON run.id = run_id "
                "WHERE label = ? AND candidate.name = 'int8' ORDER BY golden.position",
                [label]).fetchall()
            judge.check(
                rows == [(g["velocity_relative_error"], g["picture"]["psnr_db"])
                         for g in candidate(document)["goldens"]], f"{label}: the figures")
            stored, = connection.execute(
                "SELECT document FROM run WHERE label = ?", [label]).fetchone()
            judge.check(json.loads(stored) == document, f"{label}: the whole report")
        times = [time for time, in connection.execute("SELECT added_at FROM run ORDER BY id")]
        judge.check(times == [1767225600 + 86400 * i for i in range(3)], f"times {times}")

    trend = judge.report("mmdit-report", "trend", "--history", database, "--candidate", "int8")
    judge.check(is_valid("trend", trend), "the trend is valid")
    for point in trend["lines"][0]["points"]:
        errors = [g["velocity_relative_error"] for g in candidate(versions[point["label"]])["goldens"]]
        judge.check(abs(point["value"] / stats.gmean(errors) - 1) < 1e-12, f"{point}: scipy's mean")
    text = judge.tool("mmdit-report", "trend", "--history", database).stdout
    judge.check("v0" in text and "█" in text, "the trend is drawn")
    found = judge.report("mmdit-report", "compare", "v0", "v2", "--history", database)
    judge.check(abs(metric(found, "velocity_relative_error")["worsening"] - 2) < 1e-12,
                "three times the error is 200 % more")

    # Refusals.
    path = write(judge, "r.json", versions["v0"])
    judge.tool("mmdit-report", "add", path, "--history", database, "--label", "v0", exits=64)
    judge.tool("mmdit-report", "add", path, "--history", database, "--label", "v0", "--replace")
    judge.tool("mmdit-report", "compare", "v0", "v9", "--history", database, exits=64)
    judge.tool("mmdit-report", "trend", "--history", judge.folder / "none", exits=74)
    judge.tool("mmdit-report", "trend", "--history", path, exits=65)
    judge.tool("mmdit-report", "trend", "--history", database, "--metric", "speed", exits=64)
    judge.tool("mmdit-report", "add", path, "--history", database, "--at", "2026-02-30", exits=64)
    judge.tool("mmdit-report", "add", database, "--history", database, exits=65)
    newer = judge.folder / "newer.sqlite"
    shutil.copy(database, newer)
    with sqlite3.connect(newer) as connection:
        connection.execute("INSERT INTO grdb_migrations VALUES ('99')")
    judge.tool("mmdit-report", "trend", "--history", newer, exits=65)
    foreign = judge.folder / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE run (id)")
    before = foreign.read_bytes()
    judge.tool("mmdit-report", "add", path, "--history", foreign, exits=65)
    judge.check(foreign.read_bytes() == before, "a foreign database stays as it is")


def judge_arithmetic(judge):
    """A candidate in another arithmetic is compared and named, not gated."""
    old = report(8, 3)
    new = copy.deepcopy(old)
    candidate(new)["arithmetic"] = "int8"
    paths = [write(judge, "float32.json", old), write(judge, "int8.json", new)]
    found = candidate(judge.report("mmdit-report", "compare", *paths))
    judge.check((found["baseline_arithmetic"], found["current_arithmetic"]) == ("float32", "int8"),
                "a comparison says both arithmetics")
    text = judge.tool("mmdit-report", "compare", *paths).stdout
    judge.check("int8: other arithmetic: float32 in the baseline, int8 in the current" in text,
                f"a comparison for people names the candidate: {text[-300:]}")
    message = judge.tool("mmdit-report", "gate", "--baseline", *paths, exits=65).stderr
    judge.check("int8: arithmetic: expected float32" in message, f"the gate says why: {message}")
    judge.report("mmdit-report", "gate", "--baseline", paths[1], paths[1])
    history = judge.folder / "arithmetic.sqlite"
    for label, path in zip("ab", paths):
        judge.tool("mmdit-report", "add", path, "--history", history, "--label", label)
    lines = judge.report("mmdit-report", "trend", "--history", history, "--candidate", "int8")["lines"]
    judge.check([(line["arithmetic"], len(line["points"])) for line in lines]
                == [("float32", 1), ("int8", 1)], f"each arithmetic has its trend: {lines}")


def judge_controls(judge):
    """The judge itself: a wrong interval and a wrong verdict have to be found."""
    probe = harness.Judge(judge.binaries)
    probe.folder = judge.folder
    real = harness.Judge.report

    def narrow(self, name, *arguments, exits=0):
        document = real(self, name, *arguments, exits=exits)
        for c in document.get("candidates", []):
            for m in c["metrics"]:
                if m["interval"] and m["worsening"] is not None:
                    for bound in ("lower", "upper"):
                        m["interval"][bound] = (m["interval"][bound] + m["worsening"]) / 2
        return document

    probe.report = narrow.__get__(probe)
    judge_intervals(probe)
    judge.check(len(probe.wrong) >= 10, f"halved intervals are found, {len(probe.wrong)} times")


with harness.Judge() as judge:
    judge_schemas(judge)
    judge_intervals(judge)
    judge_findings(judge)
    judge_arithmetic(judge)
    judge_rates(judge)
    judge_history(judge)
    judge_controls(judge)
