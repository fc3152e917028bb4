"""Sphinx configuration. Nothing is fetched: formulas become MathML, which browsers set."""

import re
import tomllib
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).resolve().parent.parent

project = "vegard"
author = "The vegard developers"
project_copyright = "2026, The vegard developers"
release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "generated", "performance_table.md"]
default_role = "py:obj"
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"vegard {release}"
html_static_path = ["_static"]
html_css_files = ["vegard.css"]
html_copy_source = False
html_math_renderer = "mathml"
math_eqref_format = "({number})"

logger = logging.getLogger(__name__)


def mathml(node: nodes.math | nodes.math_block, display: str) -> str:
    """The formula as MathML; a command that is not understood is a warning, so an error."""
    result: str = convert(node.astext(), display=display)
    if left := re.findall(r">[^<]*(\\\w+)", result):
        logger.warning("formula not understood: %s in %s", left, node.astext(), location=node)
    return result


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(mathml(node, "block") + "</div>\n")
    raise nodes.SkipNode


def plain_bars(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Let |x| in a docstring be an absolute value, not a substitution of reStructuredText."""
    indent: int | None = None  # of a math directive that is open
    for i, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        if indent is not None and line.strip() and depth <= indent:
            indent = None
        if line.lstrip().startswith(".. math::"):
            indent = depth
        if indent is None:
            parts = re.split(r"(``.*?``|`[^`]*`)", line)
            parts[::2] = [p.replace("|", "\\|") for p in parts[::2]]
            lines[i] = "".join(parts)


def setup(app: Sphinx) -> None:
    """Register the renderer."""
    app.connect("autodoc-process-docstring", plain_bars)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
