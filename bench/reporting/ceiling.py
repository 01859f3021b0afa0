# SPDX-License-Identifier: Apache-2.0
"""The gather ceiling of the device, between and beyond the sizes that were measured."""
import math


def interpolate(points, x):
    """Linear in log x between neighbours of `points` (x ascending), constant beyond the ends."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * math.log(x / x0) / math.log(x1 / x0)
    return points[-1][1]


class Ceiling:
    """Bytes per second of the best way to gather rows by uniform ids: no cache of the multiprocessor helps, as for the tail of
    any data.  Kernels that profit from popular rows may pass it."""

    def __init__(self, results, ids="uniform"):
        best = {}
        for record in results.records("ceilings", "gather"):
            at = record["parameters"]
            if at["ids"] != ids or at["by"] == "shared memory":
                continue
            row = best.setdefault(at["row_bytes"], {})
            row[at["table_bytes"]] = max(row.get(at["table_bytes"], 0), record["bytes_per_second"])
        self.rows = {row_bytes: sorted(tables.items()) for row_bytes, tables in sorted(best.items())}

    def __bool__(self):
        return bool(self.rows)

    def rate(self, row_bytes, table_bytes):
        """A row shorter than the shortest measured costs as much as that one: memory is fetched in sectors of 32 bytes."""
        shortest = min(self.rows)
        rate = interpolate([(size, interpolate(tables, table_bytes)) for size, tables in self.rows.items()], row_bytes)
        return rate * min(1, row_bytes / shortest)

    def seconds(self, gathers):
        return sum(g["rows"] * g["row_bytes"] / self.rate(g["row_bytes"], g["table_bytes"]) for g in gathers)

    def fraction(self, record):
        """The ceiling's time over the kernel's, or None where there is nothing to compare with."""
        if not self or not record.get("gathers") or not record["seconds"]["median"]:
            return None
        return self.seconds(record["gathers"]) / record["seconds"]["median"]
