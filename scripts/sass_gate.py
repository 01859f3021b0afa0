#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is the machine code of the kernels what it is meant to be?  No GPU needed.

Compiles each .cu file of the library for one architecture, with the flags of the build, disassembles it and holds every
kernel against scripts/sass_rules.toml: registers, stack, spills, local memory, loads in flight, tensor instructions.
Prints a table; ends with a line per broken rule and exit status 1.  Without nvcc it says "skipped" and succeeds.

usage: sass_gate.py [options] [file.cu ...]      default: every .cu file in kernels/ and src/
"""
import argparse
import concurrent.futures
import glob
import os
import re
import sys
import textwrap

import sass_build
import sass_code

LIMITS = ("registers", "stack", "spill", "local", "local_in_loops")
KEYS = {"kernel", "gathers", "in_loop", "ours", *LIMITS}
COLUMNS = ("regs", "stack", "spill", "local", "LDG.128", "group", "LDGSTS", "LDSM", "HMMA")


class Kernel:
    """One kernel: what ptxas said of it, and its code where that was disassembled."""

    def __init__(self, file, name, resources, function):
        self.file = file
        self.name = name
        self.function = function
        self.found = dict(resources)
        if function:
            self.found.update(local=function.count_local(), local_in_loops=function.count_local_in_loops(),
                              gathers=function.gathers_in_flight())

    def row(self):
        counts = ["-"] * 6
        if self.function:
            vectors, *tensor = (self.function.count(name) for name in ("LDG.128", "LDGSTS", "LDSM", "HMMA"))
            counts = [self.found["local"], vectors, self.found["gathers"], *tensor]
        return [self.found["registers"] or "-", self.found["stack"], self.found["spill"], *counts]


def read_rules(path):
    try:
        import tomllib
    except ModuleNotFoundError:
        raise sass_build.BuildError("Python 3.11 or newer is needed, for tomllib") from None
    with open(path, "rb") as file:
        rules = tomllib.load(file)["rule"]
    for rule in rules:
        if unknown := set(rule) - KEYS:
            raise ValueError(f"{path}: rule {rule.get('kernel')!r}: unknown key {', '.join(sorted(unknown))}")
        re.compile(rule["kernel"])
    return rules


def rule_for(name, rules):
    """All rules that match, merged; None if none does."""
    merged = {}
    for rule in rules:
        if re.search(rule["kernel"], name):
            merged |= rule
    return merged or None


def judge(kernel, rules):
    """Sentences on what a kernel breaks."""
    rule = rule_for(kernel.name, rules)
    if rule is None:
        return ["no rule matches it"]
    if rule.get("ours") is False:
        return []
    broken = []
    for key in LIMITS:
        found = kernel.found.get(key)
        if key in rule and found is not None and found > rule[key]:
            broken.append(f"{key}: found {found}, allowed at most {rule[key]}")
    if kernel.function:
        if kernel.found["gathers"] < rule.get("gathers", 0):
            broken.append(f"gathers: found {kernel.found['gathers']} 16-byte loads in flight in the hot loop, "
                          f"allowed no fewer than {rule['gathers']}")
        least = rule.get("in_loop", {})
        for pattern, found in kernel.function.count_in_loop(least).items():
            if found < least[pattern]:
                broken.append(f"in_loop {pattern}: found {found} in the loop, allowed no fewer than {least[pattern]}")
    return broken


def read_kernels(source, compiler, flags):
    resources, listing = compiler.compile(source, flags)
    functions = {function.name: function for function in sass_code.parse(listing)} if listing else {}
    if listing:  # a library's function that is called, not launched, may stand in the section of its caller
        resources = {name: used for name, used in resources.items() if used["registers"] or name in functions}
    names = sass_build.demangle(sorted(resources))
    if listing and (missing := set(resources) ^ set(functions)):
        raise sass_build.BuildError(f"{source}: ptxas and nvdisasm disagree on {', '.join(sorted(missing))}")
    inside = os.path.realpath(source).startswith(sass_build.ROOT + os.sep)
    file = os.path.relpath(source, sass_build.ROOT) if inside else source
    kernels = [Kernel(file, names[name], resources[name], functions.get(name)) for name in resources]
    return sorted(kernels, key=lambda kernel: kernel.name)


def print_table(kernels, verdicts, rules):
    width = min(64, max(len(kernel.name) for kernel in kernels))
    print("  ".join(["kernel".ljust(width), *(f"{column:>7}" for column in COLUMNS), "verdict"]))
    file = None
    for kernel, broken in zip(kernels, verdicts):
        if kernel.file != file:
            file = kernel.file
            print(file)
        name = kernel.name if len(kernel.name) <= width else kernel.name[:width - 3] + "..."
        ours = (rule_for(kernel.name, rules) or {}).get("ours", True)
        verdict = "FAIL" if broken else "ok" if ours else "not ours"
        print("  ".join([name.ljust(width), *(f"{cell:>7}" for cell in kernel.row()), verdict]))


def options():
    parser = argparse.ArgumentParser(description=textwrap.dedent(__doc__.partition("usage:")[0]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", metavar="file.cu", help="default: every .cu file in kernels/ and src/")
    parser.add_argument("--build", default=os.path.join(sass_build.ROOT, "build"),
                        help="build tree, for its flags and for what was compiled [build]")
    parser.add_argument("--rules", default=os.path.join(sass_build.ROOT, "scripts", "sass_rules.toml"))
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or os.cpu_count() or 1))
    parser.add_argument("--fetch-tools", action="store_true",
                        help="only install nvdisasm, into .cache/ with pip, if there is nvcc and no nvdisasm")
    return parser.parse_args()


def main():
    arguments = options()
    nvcc = sass_build.find_nvcc()
    if nvcc is None:
        if not arguments.fetch_tools:
            print("sass: skipped: there is no nvcc")
        return 0
    nvdisasm = sass_build.find_nvdisasm(nvcc)
    if arguments.fetch_tools:
        if nvdisasm is None:
            sass_build.fetch_nvdisasm()
        return 0
    rules = read_rules(arguments.rules)
    sources = [os.path.abspath(source) for source in arguments.sources] or sorted(
        path for folder in ("kernels", "src")
        for path in glob.glob(os.path.join(sass_build.ROOT, folder, "**", "*.cu"), recursive=True))
    flags, origin = sass_build.flags_of_build(arguments.build)
    usual = next(iter(flags.values()), sass_build.DEFAULT_FLAGS)  # for a file the build does not know
    compiler = sass_build.Compiler(nvcc, nvdisasm, arguments.arch, os.path.join(arguments.build, "sass"))

    def read(source):
        return read_kernels(source, compiler, flags.get(os.path.realpath(source), usual))

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        kernels = [kernel for group in pool.map(read, sources) for kernel in group]

    verdicts = [judge(kernel, rules) for kernel in kernels]
    if kernels:
        print_table(kernels, verdicts, rules)
    problems = [f"{kernel.file}: {kernel.name}: {sentence}"
                for kernel, broken in zip(kernels, verdicts) for sentence in broken]
    if not arguments.sources:
        problems += [f"{arguments.rules}: the rule for {rule['kernel']!r} matches no kernel"
                     for rule in rules if not any(re.search(rule["kernel"], kernel.name) for kernel in kernels)]
    for problem in problems:
        print(f"sass: {problem}")
    if nvdisasm is None:
        print("sass: skipped: all rules on instructions, for want of nvdisasm; --fetch-tools installs it")
    print(f"sass: {len(kernels)} kernels of {len(sources)} files for {arguments.arch} with {origin}, "
          f"{len(problems)} rules broken")
    return 1 if problems or not kernels else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (sass_build.BuildError, ValueError) as error:
        print(f"sass: {error}", file=sys.stderr)
        sys.exit(1)
