"""A figure drawn in two sizes, of which the page shows the one that fits: on a phone, nothing is cut off."""

from __future__ import annotations

from typing import Protocol, TypeVar

from markupsafe import Markup

from heredity.report.kit.draw import inline
from heredity.report.kit.theme import Figure

Report_contra = TypeVar("Report_contra", contravariant=True)


class Drawer(Protocol[Report_contra]):
    """Draws a report wide or narrow."""

    def __call__(self, report: Report_contra, /, *, is_narrow: bool = False) -> Figure:
        """Return the figure."""


def twice(draw: Drawer[Report_contra], report: Report_contra) -> Markup:
    """Return the figure wide and narrow; the style sheet hides one of them."""
    wide, narrow = (inline(draw(report, is_narrow=is_narrow)) for is_narrow in (False, True))
    return Markup('<div class="desk">{}</div><div class="phone">{}</div>').format(wide, narrow)
