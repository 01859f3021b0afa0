#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what `ctest --output-junit FILE` wrote; lists failed and skipped tests, ends with `N passed, N failed, N skipped`.

usage: count_tests.py FILE      exit status 1 when a test failed or none passed
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


def show(title, names):
    print(textwrap.fill(f"{title} ({len(names)}): {', '.join(names)}", 120, subsequent_indent="    ",
                        break_long_words=False, break_on_hyphens=False))


def main():
    passed, failed, skipped = 0, [], {}
    for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
        status, name = case.get("status"), case.get("name")
        note = case.find("skipped")
        if status == "run":
            passed += 1
        elif status == "disabled" or note is not None and note.get("message", "").startswith("SKIP_"):
            skipped.setdefault(skip_reason(case), []).append(name)
        else:  # "fail", or "notrun" for want of an executable
            failed.append(name)

    for reason, names in sorted(skipped.items()):
        show(f"skipped, {reason}", names)
    if failed:
        show("FAILED", failed)
    print(f"{passed} passed, {len(failed)} failed, {sum(map(len, skipped.values()))} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
