# SPDX-License-Identifier: Apache-2.0
"""Writes the page of the C++ interface: header by header in the order of rankfill.hpp, from what Doxygen found in each.

usage: cpp_page.py FOLDER_OF_SOURCES FOLDER_OF_XML > cpp_api.md
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def text(node):
    """Return all text below a node."""
    return "".join(node.itertext()) if node is not None else ""


def found(xml):
    """Return the directives for each header, in the order of the lines that they document."""
    by_header = collections.defaultdict(list)

    def add(node, directive, options=()):
        location = node.find("location")
        lines = [f".. {directive}", "   :project: cpp", *(f"   :{option}:" for option in options), ""]
        by_header[pathlib.PurePath(location.get("file")).name].append((int(location.get("line")), lines))

    namespace = ElementTree.parse(xml / "namespacerankfill.xml").getroot().find("compounddef")
    for inner in namespace.iter("innerclass"):
        compound = ElementTree.parse(xml / f"{inner.get('refid')}.xml").getroot().find("compounddef")
        add(compound, f"doxygen{compound.get('kind')}:: {inner.text}", ("members", "undoc-members"))
    for member in namespace.iter("memberdef"):
        name = f"rankfill::{text(member.find('name'))}"
        if member.get("kind") == "function":  # with its parameters' types, for there are overloads
            name += "(" + ", ".join(text(parameter.find("type")) for parameter in member.findall("param")) + ")"
        add(member, f"doxygen{member.get('kind')}:: {name}")
    return by_header


def main():
    """Write the page to standard output."""
    sources, xml = (pathlib.Path(folder) for folder in sys.argv[1:])
    by_header = found(xml)
    print("# C++\n\n`#include <rankfill/rankfill.hpp>` brings all of it, in the order in which data flow; each header")
    print("can be included alone.\n")
    whole = (sources / "include/rankfill/rankfill.hpp").read_text()
    for header, said in re.findall(r'#include "rankfill/(\w+\.hpp)" *(?:// (.*))?', whole):
        print(f"## {header}\n")
        if said:
            print(said[0].upper() + said[1:].replace("<->", "↔").replace("->", "→") + ".\n")
        print("```{eval-rst}")
        for _, lines in sorted(by_header.pop(header)):
            print("\n".join(lines))
        print("```\n")
    if by_header:
        sys.exit(f"rankfill.hpp does not include {', '.join(by_header)}")


main()
