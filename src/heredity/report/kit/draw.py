"""How a figure becomes a file: SVG and PNG in the house's dress."""

from __future__ import annotations

import io
from dataclasses import dataclass

from markupsafe import Markup

from heredity.report.kit.theme import Figure, styled

PIXELS_PER_POINT = 2
"""Of the PNG: sharp on paper and on dense screens."""


@dataclass(frozen=True)
class Drawing:
    """One figure, drawn."""

    name: str
    svg: str
    png: bytes


def drawn(name: str, chart: Figure) -> Drawing:
    """Return one figure in the house's dress, as SVG and PNG."""
    png = io.BytesIO()
    styled(chart).save(png, format="png", scale_factor=PIXELS_PER_POINT)
    return Drawing(name, as_svg(chart), png.getvalue())


def as_svg(chart: Figure) -> str:
    """Return one figure in the house's dress as SVG."""
    svg = io.StringIO()
    styled(chart).save(svg, format="svg")
    return svg.getvalue()


def inline(chart: Figure) -> Markup:
    """Return one figure as part of a page."""
    return Markup(as_svg(chart))
