"""How the documentation is built: `make docs`. No page asks another host for anything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import reference_pages

from heredity import __version__

project = "heredity"
author = "the heredity authors"
release = __version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"heredity {__version__}"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 3
nitpicky = True
suppress_warnings = ["myst.xref_missing"]  # links to files of the repository, which a test follows

reference_pages.write(Path(__file__).parent / "reference")
