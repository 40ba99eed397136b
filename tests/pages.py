"""What the tests of all pages share: readers of HTML and of figures, and a browser to look with."""

import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"),
]


class Reader(HTMLParser):
    """What a browser would find: tags, attributes, headings, and the text a person sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.headings: list[str] = []
        self.text = ""
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.inside = tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("h2", "h3"):
            self.headings.append(data)
        if self.inside != "style":
            self.text += data


def rows_of(spec: dict, part: dict) -> list[dict]:
    """Return the rows that one layer of a drawn chart shows."""
    data = part["data"]
    return data["values"] if "values" in data else spec["datasets"][data["name"]]


class Visit:
    """One page opened from disk in a browser, with all that it asked for and complained of."""

    def __init__(self, browser, path: Path, width: int = 1000) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri(), wait_until="networkidle")

    @property
    def scroll_width(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth")

    @property
    def texts_outside_their_canvas(self) -> list[str]:
        return self.page.evaluate(
            """() => [...document.querySelectorAll("figure svg text")].filter(text => {
                const box = text.getBoundingClientRect(), canvas = text.closest("svg").getBoundingClientRect();
                return box.width && (box.left < canvas.left - 1 || box.right > canvas.right + 1
                    || box.top < canvas.top - 1 || box.bottom > canvas.bottom + 1);
            }).map(text => text.textContent)"""
        )
