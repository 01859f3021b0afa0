#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what `ctest --output-junit FILE` and `pytest --junitxml FILE` wrote; lists failed and skipped tests, ends with
`N passed, N failed, N skipped`.

usage: count_tests.py FILE|skip=TITLE: REASON ...      exit status 1 when a test failed or none passed

skip=TITLE: REASON counts as one skipped test.
"""
import re
import sys
import textwrap
import xml.etree.ElementTree as ElementTree


def skip_reason(case):
    """What the test said: GoogleTest prints `file:line: Skipped`, the message, `[  SKIPPED ]`."""
    output = case.findtext("system-out") or ""
    said = re.search(r": Skipped\n(.*?)\[  SKIPPED \]", output, re.DOTALL)
    if said and said.group(1).strip():
        return " ".join(said.group(1).split())
    if case.get("status") == "disabled":
        return "disabled"
    return "no reason given"


def outcome_of(case):
    """Name, "passed" | "skipped" | "failed", and why it was skipped."""
    status, name, note = case.get("status"), case.get("name"), case.find("skipped")
    if status is None:  # pytest
        if case.find("failure") is not None or case.find("error") is not None:
            return name, "failed", ""
        return (name, "passed", "") if note is None else (name, "skipped", note.get("message", "no reason given"))
    if status == "run":
        return name, "passed", ""
    if status == "disabled" or note is not None and note.get("message", "").startswith("SKIP_"):
        return name, "skipped", skip_reason(case)
    return name, "failed", ""  # "fail", or "notrun" for want of an executable


def show(title, names):
    print(textwrap.fill(f"{title} ({len(names)}): {', '.join(names)}", 120, subsequent_indent="    ",
                        break_long_words=False, break_on_hyphens=False))


def main():
    passed, failed, skipped = 0, [], {}
    for argument in sys.argv[1:]:
        if argument.startswith("skip="):
            title, reason = argument.removeprefix("skip=").split(": ", 1)
            skipped.setdefault(reason, []).append(title)
            continue
        try:
            cases = list(ElementTree.parse(argument).iter("testcase"))
        except (OSError, ElementTree.ParseError) as error:  # the run died before it wrote its results
            failed.append(f"{argument}: {error}")
            continue
        for case in cases:
            name, outcome, reason = outcome_of(case)
            if outcome == "passed":
                passed += 1
            elif outcome == "skipped":
                skipped.setdefault(reason, []).append(name)
            else:
                failed.append(name)

    for reason, names in sorted(skipped.items()):
        show(f"skipped, {reason}", names)
    if failed:
        show("FAILED", failed)
    print(f"{passed} passed, {len(failed)} failed, {sum(map(len, skipped.values()))} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
