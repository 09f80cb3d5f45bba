"""How the guides become a site: Sphinx with MyST Markdown. `python -m sphinx -W -n docs FOLDER` builds it; a broken link is an error."""

from __future__ import annotations

project = "Perennial"
author = "the Perennial project"
copyright = "the Perennial project, MIT"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["schema", "pictures", "make_reference.py"]
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
# Links that lead out of docs/ are files of the repository; tests/integration/test_docs.py holds them.
myst_url_schemes = ["http", "https", "mailto"]
suppress_warnings = ["myst.xref_missing"]
html_theme = "furo"
html_title = "Perennial"
html_copy_source = False
html_show_sphinx = False
