"""Derives plain text from an HTML body, for mails whose templates have no text part."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

_UNSEEN = {"head", "style", "script", "template", "title"}
_BLOCKS = {"p", "div", "tr", "table", "h1", "h2", "h3", "h4", "li", "ul", "ol", "blockquote", "pre", "section", "hr"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BREAKS = {"br": "\n", "td": " ", "th": " ", **dict.fromkeys(_BLOCKS, "\n\n")}
# HTML lets authors leave out these end tags, and a hidden element must not swallow what follows it.
_ENDED_BY = {
    "head": {"body", *_BLOCKS},
    "p": _BLOCKS,
    "li": {"li"},
    "td": {"td", "th", "tr"},
    "th": {"td", "th", "tr"},
    "tr": {"tr"},
}


def derive_text(html: str) -> str:
    """Returns the visible text, with blank lines between blocks and links written out behind their text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Element(NamedTuple):
    """An element that is open; `start` is the number of pieces that came before it."""

    tag: str
    hidden: bool
    link: str
    start: int


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._open: list[_Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and tag in _ENDED_BY.get(self._open[-1].tag, ()):
            self._close_innermost()
        values = dict(attrs)
        hidden = self._hidden or tag in _UNSEEN or _invisible(values)
        if not hidden:
            self.pieces.append(_BREAKS.get(tag, ""))
        if tag not in _VOID:
            link = (values.get("href") or "").removeprefix("mailto:") if tag == "a" else ""
            self._open.append(_Element(tag, hidden, link, len(self.pieces)))

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._close_innermost() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def close(self) -> None:
        super().close()
        while self._open:
            self._close_innermost()

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: FBT001, FBT002 - the library's
        """Skips Outlook's `<![if …]>`; of any other section, the library's own raises AssertionError."""
        return self.rawdata.find(">", i) + 1 or -1

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1].hidden

    def _close_innermost(self) -> str:
        element = self._open.pop()
        if not element.hidden:
            written = "".join(self.pieces[element.start :])
            self.pieces.append(f" ({element.link})" if element.link not in written else "")
            self.pieces.append("\n\n" if element.tag in _BLOCKS else "")
        return element.tag


def _invisible(attributes: dict[str, str | None]) -> bool:
    style = re.sub(r"\s", "", attributes.get("style") or "").lower()
    return "display:none" in style or "visibility:hidden" in style or "hidden" in attributes
