"""Finds the template files, and picks those that one message is made of."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notifyhub import locales
from notifyhub.errors import ConfigurationError, TemplateNotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notifyhub.channels import Channel

BUILT_IN_LOCALE = "en"
"""The last resort: a message in English is better than none."""

_FILE = re.compile(
    rf"(?P<channel>email|sms)\.(?P<part>subject|body)(?:\.(?P<locale>{locales.PATTERN}))?\.(?P<kind>html|txt)\.j2"
)


@dataclass(frozen=True, slots=True)
class PartKey:
    """One part of a trigger's message, such as the HTML body of an email."""

    folder: str
    channel: Channel
    part: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The template names that one message is made of; a name is `<root's number>!<path below the root>`."""

    channel: Channel
    locale: str
    subject: str | None
    html: str | None
    text: str | None

    def parts(self) -> dict[str, str]:
        """Returns the template names of the parts that exist."""
        parts = {"html": self.html, "text": self.text, "subject": self.subject}
        return {part: name for part, name in parts.items() if name}


class TemplateIndex:
    """Lists the files below the roots once; roots are in order of precedence, the built-in one last."""

    def __init__(self, roots: Sequence[Path], *, default_locale: str) -> None:
        self.roots = tuple(roots)
        self._default = locales.normalize(default_locale)
        self._files = [dict(_scan(root, self._default)) for root in self.roots]
        self._remembered = functools.lru_cache(maxsize=256)(self._choose)

    def folders(self) -> set[str]:
        """Returns all trigger folders that any root holds."""
        return {key.folder for files in self._files for key in files}

    def locales(self, folder: str, channel: Channel) -> set[str]:
        """Returns the locales that a trigger's bodies exist in."""
        keys = [PartKey(folder, channel, "body", kind) for kind in ("html", "txt")]
        return {locale for files in self._files for key in keys for locale in files.get(key, {})}

    def file(self, name: str) -> str:
        """Returns the file behind a template's name, for errors; a name without a root's number stays as it is."""
        number, bang, path = name.partition("!")
        return str(self.roots[int(number)] / path) if bang else name

    def choose(self, folders: Sequence[str], channel: Channel, wanted: Iterable[str]) -> Chosen:
        """Chooses the parts of one message; raises TemplateNotFound if no root has a body.

        Root and locale are chosen once, by the body: the HTML body of an email, or the text where there is no HTML at
        all. A part of a root that takes precedence over the body's is used in the same locale; one of a root below is
        not, as it would not match the body, except for the subject, which a mail cannot do without.
        """
        # Normalized before they are remembered: callers of the user pool choose locales, and may choose long ones.
        return self._remembered(tuple(folders), channel, tuple(locales.normalize_all(wanted)))

    def _choose(self, folders: tuple[str, ...], channel: Channel, wanted: tuple[str, ...]) -> Chosen:
        asked = (*wanted, self._default, BUILT_IN_LOCALE)
        candidates = tuple(form for locale in asked for form in locales.widen(locale))
        for folder in folders:
            for kind in ("html", "txt") if channel == "email" else ("txt",):
                found = self._body(PartKey(folder, channel, "body", kind), candidates)
                if found is not None:
                    return self._parts(folder, channel, kind, *found)
        raise TemplateNotFound(f"{folders[0]}/{channel}.body", roots=[str(root) for root in self.roots])

    def _body(self, key: PartKey, candidates: Sequence[str]) -> tuple[int, str] | None:
        """Finds the first root that has the body in any of the locales, and the best of its locales."""
        for number, files in enumerate(self._files):
            existing = files.get(key, {})
            if match := next((locale for locale in candidates if locale in existing), None):
                return number, match
        return None

    def _parts(self, folder: str, channel: Channel, kind: str, root: int, locale: str) -> Chosen:
        last = len(self.roots) - 1
        subject = PartKey(folder, channel, "subject", "txt")
        text = PartKey(folder, channel, "body", "txt")
        return Chosen(
            channel=channel,
            locale=locale,
            subject=self._name(subject, locale, last) if channel == "email" else None,
            html=self._name(PartKey(folder, channel, "body", "html"), locale, root) if kind == "html" else None,
            text=self._name(text, locale, root),
        )

    def _name(self, key: PartKey, locale: str, last_root: int) -> str | None:
        for number, files in enumerate(self._files[: last_root + 1]):
            if path := files.get(key, {}).get(locale):
                return f"{number}!{path}"
        return None


def find_built_in_root() -> Path:
    """Returns the folder of the templates that come with notifyhub."""
    spec = importlib.util.find_spec("notifyhub_templates")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the package notifyhub_templates is missing; install the whole distribution")
    return Path(next(iter(spec.submodule_search_locations)))


def _scan(root: Path, default_locale: str) -> Iterator[tuple[PartKey, dict[str, str]]]:
    if not root.is_dir():
        raise ConfigurationError(f"there is no folder {root}", path="templates.path")
    found: dict[PartKey, dict[str, str]] = {}
    for folder in (entry for entry in os.scandir(root) if entry.is_dir() and entry.name[0] not in "._"):
        # Sorted: on every file system, the file that names the default locale wins over the one that names none.
        for entry in sorted(os.scandir(folder.path), key=lambda entry: (entry.name.count("."), entry.name)):
            if match := _FILE.fullmatch(entry.name):
                key = PartKey(
                    folder.name, "email" if match["channel"] == "email" else "sms", match["part"], match["kind"]
                )
                locale = locales.normalize(match["locale"] or default_locale)
                found.setdefault(key, {})[locale] = f"{folder.name}/{entry.name}"
    yield from found.items()
