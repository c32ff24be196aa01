"""Tables of tensor names and shapes in which repeated blocks are one entry.

    {"name": "blocks.{i}.norm.weight", "shape": [128], "indices": "0-4,7"}

stands for blocks.0.norm.weight to blocks.4.norm.weight and blocks.7.norm.weight, all of that shape.
`{i}` takes the place of the first component of the name that is a number. An entry without indices
is one tensor. Where blocks have different shapes, there is an entry for each shape.
"""


def compress(table):
    """The entries of a dictionary name → shape, in bytewise order of their names."""
    groups = {}
    for name, shape in table.items():
        parts = name.split(".")
        place = next((place for place, part in enumerate(parts) if part.isdecimal()), None)
        if place is None:
            groups[name, tuple(shape)] = None
        else:
            pattern = ".".join([*parts[:place], "{i}", *parts[place + 1:]])
            groups.setdefault((pattern, tuple(shape)), []).append(int(parts[place]))
    entries = []
    for (pattern, shape), indices in sorted(groups.items(), key=lambda group: group[0]):
        if indices is not None and len(indices) == 1:
            pattern, indices = pattern.replace("{i}", str(indices[0])), None
        entry = {"name": pattern, "shape": list(shape)}
        entries.append(entry if indices is None else entry | {"indices": join(sorted(indices))})
    return entries


def expand(entries):
    """name → shape of every tensor that the entries stand for."""
    table = {}
    for entry in entries:
        indices = split(entry["indices"]) if "indices" in entry else [None]
        for index in indices:
            name = entry["name"] if index is None else entry["name"].replace("{i}", str(index))
            if name in table:
                raise ValueError(f"{name} is there twice")
            table[name] = entry["shape"]
    return table


def join(indices):
    """[0, 1, 2, 5] → "0-2,5"."""
    runs = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def split(text):
    """The inverse of join."""
    bounds = [list(map(int, run.split("-"))) for run in text.split(",")]
    return [index for run in bounds for index in range(run[0], run[-1] + 1)]
