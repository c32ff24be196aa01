"""Exports at the size of published models: what is planned for every target, and what some take."""

import shutil

NO_TRANSFORMERS = "compressed-tensors:"


def size_of(output):
    """The bytes of a file, or of all files of a folder."""
    paths = [output] if output.is_file() else output.rglob("*")
    return sum(path.stat().st_size for path in paths if path.is_file())


def check_report(judge, report, what):
    """The files have the bytes of all tensors, and little else."""
    [part] = report["components"]
    sizes = sum(tensor["bytes"] for tensor in part["tensors"])
    files = sum(file["weight_bytes"] for file in part["files"])
    judge.check(files == sizes, f"{what}: {sizes} bytes of tensors, {files} of files")
    # Headers, markers and documents.
    room = report["bytes"] - files
    judge.check(0 < room < len(part["tensors"]) * 4096, f"{what}: {room} bytes beside the weights")
    return part


def judge_export_plans(judge, source, folder, model):
    """What is planned for every target that takes transformers."""
    document, _ = judge.run("mmdit-export", "--list", "--json", "-")
    plans = []
    for target in document["targets"]:
        if target["id"].startswith(NO_TRANSFORMERS):
            continue
        output = folder / ("none" + (target["ending"] or ""))
        report, took = judge.run("mmdit-export", source, "--to", target["id"], "--output", output,
                                 "--dry-run", "--json", "-")
        plans.append(took)
        check_report(judge, report, target["id"])
    judge.add(f"{model}: {len(plans)} plans of export", 0, plans)


def export(judge, source, output, target, model):
    """Writes an output, which the tool reads back, and removes it."""
    report, took = judge.run("mmdit-export", source, "--to", target, "--output", output,
                             "--json", "-")
    part = check_report(judge, report, target)
    judge.check(size_of(output) == report["bytes"],
                f"{target}: {report['bytes']} bytes, found {size_of(output)}")
    judge.check(part["weights"] and 0 < part["relative_error"] < 0.2,
                f"{target}: lost {part['relative_error']}")
    judge.check(report["peak_memory_bytes"] <= took["bound"], f"{target}: the peak it reports")
    size = sum(path.stat().st_size for path in source.glob("*.safetensors"))
    judge.add(f"{model}: export, {target}", size, [took])
    if output.is_dir():
        shutil.rmtree(output)
    else:
        output.unlink()
