# SPDX-License-Identifier: Apache-2.0
"""Configuration of Sphinx.  docs/build.sh calls it, and says where the sources are."""

import os
import pathlib
import re
import sys

from sphinx.errors import ExtensionError

root = pathlib.Path(os.environ["RANKFILL_ROOT"])
sys.path.insert(0, str(root / "python"))

project = "rankfill"
author = "the rankfill authors"
version = release = re.search(r"project\(rankfill VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text())[1]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "sphinx-mathjax-offline", "breathe"]
html_theme = "furo"
html_title = f"rankfill {version}"
html_show_copyright = False
pygments_style = "friendly"
pygments_dark_style = "monokai"

# Markdown as the repository has it: ```math blocks, $ in lines, anchors from headings.
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
myst_dmath_allow_digits = False

# The docstrings are in the Python files; the extension module behind them has not been built.
autodoc_mock_imports = ["rankfill._core"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

xml = pathlib.Path(__file__).parents[1] / "xml"
breathe_projects = {"cpp": str(xml / "cpp"), "c": str(xml / "c")}
breathe_default_project = "cpp"
breathe_domain_by_extension = {"h": "c", "hpp": "cpp"}
breathe_show_include = False


def adapt_links(app, name, source):
    """Turn links of the repository into links of the site: where a page stands, to a header, or nowhere (then text)."""
    folder = root / "docs" / "site" if (root / "docs" / "site" / f"{name}.md").exists() else root / "docs"

    def replacement(link):
        mark, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        file = (folder / target).resolve()
        if not file.exists():
            raise ExtensionError(f"{name}: a link to {target}, which does not exist")
        if file.parent in (root / "docs", root / "docs" / "site"):
            return f"{mark}[{text}]({file.name}{anchor})"
        if file.parent == root / "include" / "rankfill":
            return f"[{text}]({'c_reference' if file.suffix == '.h' else 'cpp_api'}.md)"
        return text

    source[0] = re.sub(r"(!?)\[([^\]]*)\]\(([\w./]+)(#[^)]*)?\)", replacement, source[0])
    source[0] = re.sub(r"^((?:[^<\n]*<)?)\.\./(\w+>?)$", r"\1\2", source[0], flags=re.MULTILINE)  # in a table of contents


def setup(app):
    """Register what is above."""
    app.connect("source-read", adapt_links)
