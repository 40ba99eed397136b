"""How every page is made from its template: what is text is escaped, and what is missing is an error."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from heredity.ground.words import titled
from heredity.report import tables


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
    environment.filters |= {"beginning": tables.beginning, "clock": tables.clock, "digits": "{:.3g}".format}
    environment.filters |= {"titled": titled, "zip": zip}
    return environment.get_template(template).render(tables=tables, **content)
