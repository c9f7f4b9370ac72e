"""Reads a rendered email the way that a test needs it: balance, visible text, styles in light and in dark mode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "hr", "link", "input"}
UNSEEN = {"head", "style", "title"}
DARK_RULES = re.compile(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}", re.DOTALL)
CLASS_RULE = re.compile(r"\.([\w-]+) \{([^}]*)\}")


@dataclass(frozen=True)
class Element:
    tag: str
    attributes: dict[str, str]

    @property
    def style(self) -> dict[str, str]:
        return declarations(self.attributes.get("style", ""))

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()


@dataclass(frozen=True)
class Text:
    data: str
    ancestors: tuple[Element, ...]

    @property
    def hidden(self) -> bool:
        return any(each.tag in UNSEEN or each.style.get("display") == "none" for each in self.ancestors)

    def style(self, name: str, rules: dict[str, dict[str, str]]) -> str:
        """The value that applies here: of the innermost element that sets it, a class before what is inline."""
        for element in reversed(self.ancestors):
            for own in (*(rules.get(each, {}) for each in element.classes), element.style):
                if name in own:
                    return own[name]
        raise LookupError(name, self.data)


class Page(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: list[Text] = []
        self.faults: list[str] = []
        self._open: list[Element] = []
        self._source = source
        self.feed(source)
        self.close()
        self.faults += [f"<{each.tag}> stays open" for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        else:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.texts.append(Text(data, tuple(self._open)))

    @property
    def dark_rules(self) -> dict[str, dict[str, str]]:
        (block,) = DARK_RULES.findall(self._source)
        return {name: declarations(body) for name, body in CLASS_RULE.findall(block)}

    @property
    def content(self) -> str:
        """All text that a client may show, preheader included, with nothing put between the pieces."""
        return "".join(each.data for each in self.texts if not any(a.tag in UNSEEN for a in each.ancestors))

    @property
    def visible(self) -> list[Text]:
        return [each for each in self.texts if each.data.strip() and not each.hidden]

    def text_of(self, identifier: str) -> str:
        inside = [t.data for t in self.texts if any(a.attributes.get("id") == identifier for a in t.ancestors)]
        return "".join(inside).strip()

    def all(self, tag: str) -> list[Element]:
        return [each for each in self.elements if each.tag == tag]


def declarations(style: str) -> dict[str, str]:
    pairs = (each.split(":", 1) for each in style.split(";") if ":" in each)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(each * 2 for each in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
