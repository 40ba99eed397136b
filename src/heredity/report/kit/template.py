"""How every page is made from its template: what is text is escaped, and what is missing is an error."""

from __future__ import annotations

from typing import TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

from heredity.ground.words import titled
from heredity.report.kit import text
from heredity.report.kit.hues import ARMS
from heredity.report.kit.matrix import N_ROOMY

Files: TypeAlias = dict[str, str | bytes]
"""What a page is made of: content by name, below the page's folder; the page itself comes last."""


def rendered(template: str, **content: object) -> str:
    """Return a page as HTML. All text is escaped but what comes as Markup: drawings made here.

    An SVG's own texts were escaped when it was drawn.
    """
    environment = Environment(
        loader=PackageLoader("heredity", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"FOLD": text.FOLD, "ARMS": ARMS, "N_ROOMY": N_ROOMY}
    environment.filters |= {"beginning": text.beginning, "clock": text.clock, "by_reason": text.by_reason}
    environment.filters |= {"digits": "{:.3g}".format, "titled": titled, "zip": zip}
    return environment.get_template(template).render(**content)
