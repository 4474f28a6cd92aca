"""Settings of the course site for Sphinx. `build.py` beside this file copies the pages together and starts Sphinx.

Formulas become MathML when the site is built, as on the feedback pages: no script, no request to another server.
"""

import os
from pathlib import Path

from docutils import nodes
from math_core import LatexToMathML
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

project = "A numpy course"
html_title = "A numpy course"
extensions = ["myst_nb"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["sphinx-version"],
    "footer_end": [],
    "show_toc_level": 2,
    "header_links_before_dropdown": 5,
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": []}
html_copy_source = html_show_sourcelink = html_use_index = False
html_static_path = [str(Path(__file__).with_name("static")),
                    str(Path(__file__).parents[2] / "autograder/pages/templates/math.woff2")]
html_css_files = ["site.css"]
html_extra_path = [os.environ["SITE_DOWNLOADS"]]  # kept by name: release/ASSIGNMENT.zip
html_math_renderer = "mathml"

# A lesson is shown as it runs. A release has gaps: its cells would only say "not done yet".
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ["SITE_CACHE"]
nb_execution_excludepatterns = ["release/*/*"]
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_merge_streams = True

WIDE = 60  # characters of a formula that may be wider than a telephone


def visit_math(translator: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula as MathML; one that is not understood is an error of the build."""
    block, tex = isinstance(node, nodes.math_block), node.astext()
    mathml = LatexToMathML().convert_with_local_state(tex, displaystyle=block)
    scrolls = ' tabindex="0"' if block and len(tex) > WIDE else ""
    translator.body.append(f'<div class="math"{scrolls}>{mathml}</div>\n' if block else mathml)
    raise nodes.SkipNode


def render_image(renderer: NbElementRenderer, data: MimeData, _original=NbElementRenderer.render_image) -> list:  # noqa: ANN001
    """Render a picture that a cell has drawn, with the ``alt`` of its metadata or else a word on where it is from."""
    described = data.output_metadata.get(data.mime_type, data.output_metadata)
    images = _original(renderer, data)
    for image in images:
        image.setdefault("alt", described.get("alt") or "Figure drawn by the code above")
    return images


def setup(app: Sphinx) -> None:
    """Put the two functions above in place."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    NbElementRenderer.render_image = render_image
