# SPDX-License-Identifier: Apache-2.0
"""Tables of bench/recovery."""
import math

from .convergence import NEVER, cell, middle
from .tables import table

MARKS = (("sweeps_to_1e-6", "sweeps to error 1e-6"), ("sweeps_to_1e-10", "to 1e-10"))


def cases(data, name):
    """(oversampling, condition) -> the records of its seeds, in the order of the run."""
    found = {}
    for record in data["records"]:
        if record["name"] == name and record["verified"]:
            at = record["parameters"]
            found.setdefault((at["oversampling"], at["condition"]), []).append(record)
    return found


def number(value):
    exponent = round(math.log10(value))
    return f"{value:g}" if exponent < 4 else f"1e{exponent}"


def errors(records):
    return f"{middle([record['end']['relative_error'] for record in records]):.0e}"


def counted(records, holds):
    return f"{sum(1 for record in records if holds(record['end']))} of {len(records)}"


def known_table(data):
    rows = []
    for (oversampling, condition), records in cases(data, "known").items():
        sweeps = [cell([NEVER if record[key] is None else record[key] for record in records], "passes") for key, _ in MARKS]
        rows.append([f"{oversampling:g}", number(condition)] + sweeps +
                    [cell([record["end"]["sweeps"] for record in records], "passes"), errors(records),
                     counted(records, lambda end: end["verdict"] == "recovered"), cell([record["end"]["paths"] for record in records], "passes")])
    return table(["oversampling", "condition"] + [title for _, title in MARKS] + ["to the end", "error there", "recovered", "paths"], rows)


def estimated_table(data):
    rank = data["data"]["rank"]
    rows = []
    for (oversampling, condition), records in cases(data, "estimated").items():
        rows.append([f"{oversampling:g}", number(condition), counted(records, lambda end: end["rank"] == rank),
                     counted(records, lambda end: end["verdict"] == "recovered"), cell([record["end"]["sweeps"] for record in records], "passes"),
                     errors(records)])
    return table(["oversampling", "condition", "right rank", "recovered", "sweeps in all", "error"], rows)


def recovery_part(data):
    size, machine = data["data"]["size"], data["machine"]
    return "\n".join([f"{size:,} × {size:,}, rank {data['data']['rank']}, {data['data']['seeds']} seeds: the middle one (least..most). Commit {data['commit']}, {machine['processor']}, "
                      f"{machine['threads']} thread{'s' if machine['threads'] > 1 else ''}.\n", "Rank given:\n", known_table(data), "Rank not given:\n",
                      estimated_table(data)])
