# SPDX-License-Identifier: Apache-2.0
"""A run's results: one JSON object made from what the programs of bench/ and bench/run.sh left in a folder."""
import csv
import json
from pathlib import Path

PROGRAMS = ("ceilings", "kernels", "large", "end_to_end")


def collect(folder):
    """environment.txt (`key = value`), steps.tsv, clocks.csv and one JSON per program -> one object."""
    folder = Path(folder)
    results = {"schema": 1, "environment": {}, "steps": [], "clocks": [], "programs": {}}
    if (folder / "environment.txt").exists():
        for line in (folder / "environment.txt").read_text().splitlines():
            key, _, value = line.partition(" = ")
            results["environment"][key] = value
    if (folder / "steps.tsv").exists():
        for line in (folder / "steps.tsv").read_text().splitlines():
            name, status, seconds = line.split("\t")
            results["steps"].append({"name": name, "status": status, "seconds": float(seconds)})
    if (folder / "clocks.csv").exists():
        with open(folder / "clocks.csv", newline="") as file:
            results["clocks"] = list(csv.DictReader(file, skipinitialspace=True))
    for name in PROGRAMS + ("cpu_kernels",):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        try:
            results["programs"][name] = json.loads(path.read_text())
        except ValueError:  # cut off: the program was stopped while it wrote
            results["steps"].append({"name": f"reading {name}.json", "status": "not JSON", "seconds": 0})
    return results


class Results:
    """Questions about a run, answered from verified records only."""

    def __init__(self, data):
        self.data = data
        self.programs = data.get("programs", {})
        self.environment = data.get("environment", {})

    @classmethod
    def load(cls, path):
        return cls(json.loads(Path(path).read_text()))

    def records(self, program, name):
        for record in self.programs.get(program, {}).get("records", []):
            if record["name"] == name and record["verified"]:
                yield record

    def kernels(self):
        """Those of the sweep, and of the set that fills a card."""
        yield from self.records("kernels", "kernel")
        yield from self.records("large", "kernel")

    def unverified(self):
        return [record for program in self.programs.values() for record in program.get("records", [])
                if not record["verified"]]

    def device(self):
        for program in PROGRAMS:
            device = self.programs.get(program, {}).get("device")
            if device:
                return device.get("name", "")
        return ""

    def on_gpu(self):
        return "ceilings" in self.programs or "kernels" in self.programs

    def why_not_publishable(self):
        """Why these numbers may not stand in the documents, or ""."""
        if self.data.get("made_up"):
            return "the numbers are made up, for a test"
        if "emulator" in self.device().lower():
            return f"they come from {self.device()}, which measures nothing"
        if any(program.get("toy") for program in self.programs.values()):
            return "they come from toy sizes"
        failed = [program["failed"] for program in self.programs.values() if program.get("failed")]
        if failed:
            return f"a program failed: {failed[0]}"
        if self.unverified():
            return f"{len(self.unverified())} results were wrong"
        return ""
