# SPDX-License-Identifier: Apache-2.0
"""Medians, spreads, ratios paired per round, and the floors we hold ourselves to."""

from statistics import median

# (workload kind or name, ours, against, floor, goal). A floor missed is printed, never an error: time is measured here,
# not asserted. The first entry that fits a workload counts.
OURS = ("core", "disk")
FLOORS = {
    "nbdkit": [("w4k-1", 0.75, None), ("w4k-16", 0.75, None), ("w1m", 0.75, 1.0), ("w4k-flush", 0.5, 0.9),
               ("r4k-1", 1.5, 2.0), ("r4k-16", 1.5, 1.5), ("r1m", 1.5, None)],
    "qemu": [("w4k-1", 1.5, 1.9), ("w4k-16", 1.5, 1.5), ("r4k-1", 1.5, 2.5), ("r4k-16", 1.5, 2.5), ("w1m", 1.5, None),
             ("r1m", 1.5, None), ("w4k-flush", 1.5, None), ("mix-16", 1.5, None)],
    "bare": [("w4k-1", None, 1.0), ("w4k-16", None, 1.0)],
    "core": [(name, 0.95, None)
             for name in ("w4k-1", "w4k-16", "r4k-1", "r4k-16", "w1m", "r1m", "w4k-flush", "mix-16")],
}


def spread(values):
    return {"median": median(values), "min": min(values), "max": max(values)}


def summarize(cells, workloads, peers):
    """cells: dicts with round, workload, peer, value. Gives values by workload and peer, and the ratios."""
    table = {}
    for cell in cells:
        if cell["round"] > 0:
            table.setdefault((cell["workload"], cell["peer"]), {})[cell["round"]] = cell
    values = []
    for workload in workloads:
        for peer in peers:
            rounds = table.get((workload.name, peer), {})
            if rounds:
                row = {"workload": workload.name, "peer": peer, "unit": workload.unit}
                row.update(spread([cell["value"] for cell in rounds.values()]))
                for field in ("p50us", "p99us", "cpuUsPerOp"):
                    row[field] = median(cell[field] for cell in rounds.values())
                values.append(row)
    return values, ratios(table, workloads, peers)


def ratios(table, workloads, peers):
    found = []
    names = {workload.name for workload in workloads}
    for against, floors in FLOORS.items():
        for name, floor, goal in floors:
            for ours in OURS:
                one, other = table.get((name, ours)), table.get((name, against))
                if name not in names or ours == against or not one or not other:
                    continue
                pairs = [one[n]["value"] / other[n]["value"] for n in one if n in other]
                row = {"workload": name, "ours": ours, "against": against, "floor": floor, "goal": goal}
                row.update(spread(pairs))
                found.append(row)
    return found


def verdict(row):
    words = []
    for kind in ("floor", "goal"):
        if row[kind] is not None:
            kept = row["median"] >= row[kind]
            words.append("%s %.2f %s" % (kind, row[kind],
                                         "kept" if kept else "MISSED by %.2f" % (row[kind] - row["median"])))
    return ", ".join(words)


def number(value):
    return "%.0f" % value if value >= 100 else "%.1f" % value


def render(meta, values, ratio_rows, start_rows, workloads, peers):
    lines = ["# Measured %s, commit %s" % (meta["date"], meta["commit"]), ""]
    lines += ["- %s: %s" % pair for pair in meta["facts"]]
    lines += ["", "## Operations a second (MiB/s where 1 MiB): median (min–max)", "",
              "| | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
    by_key = {(row["workload"], row["peer"]): row for row in values}
    for workload in workloads:
        cells = []
        for peer in peers:
            row = by_key.get((workload.name, peer))
            cells.append("**%s** (%s–%s)" % tuple(number(row[k]) for k in ("median", "min", "max")) if row else "–")
        lines.append("| %s | %s |" % (workload.what, " | ".join(cells)))
    lines += ["", "## Latency in µs, middle / 99th, and the server's CPU in µs an operation", "",
              "| | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
    for workload in workloads:
        cells = []
        for peer in peers:
            row = by_key.get((workload.name, peer))
            cells.append("%s / %s, cpu %s" % tuple(number(row[k]) for k in ("p50us", "p99us", "cpuUsPerOp"))
                         if row else "–")
        lines.append("| %s | %s |" % (workload.what, " | ".join(cells)))
    if ratio_rows:
        lines += ["", "## Ratios, paired per round: median (min–max)", "",
                  "| | ours | against | ratio | |", "|---|---|---|---|---|"]
        for row in ratio_rows:
            lines.append("| %s | %s | %s | **%.2f** (%.2f–%.2f) | %s |" % (
                row["workload"], row["ours"], row["against"], row["median"], row["min"], row["max"], verdict(row)))
    if start_rows:
        lines += ["", "## Start, command, end: seconds", "", "| | median (min–max) | aim |", "|---|---|---|"]
        for row in start_rows:
            lines.append("| %s | **%.2f** (%.2f–%.2f) | %s |"
                         % (row["what"], row["median"], row["min"], row["max"], row["aim"]))
    return "\n".join(lines) + "\n"
