"""Renders a message from an event and its secret."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from notifyhub.errors import TemplateError
from notifyhub.events.triggers import TEMPORARY_PASSWORD
from notifyhub.messages import Message
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.rendering.environment import find_used, make_environment
from notifyhub.rendering.index import TemplateIndex
from notifyhub.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    import jinja2

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event


class Renderer:
    """Renders messages; safe to use from many threads.

    `roots` are folders of templates in order of precedence, `app` the values of `[app]`, `lifetimes` the configured
    ones. The body depends on the event alone: rendering it again gives the same bytes.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        *,
        app: Mapping[str, str],
        default_locale: str = "en",
        lifetimes: Mapping[str, timedelta] | None = None,
    ) -> None:
        self.index = TemplateIndex(roots, default_locale=default_locale)
        self._app = dict(app)
        self._lifetimes = dict(lifetimes or {})
        self._environment = make_environment(self.index.roots)

    def render(self, event: Event, channel: Channel, to: str, secret: Secret | None) -> Message:
        """Renders the message to that address; raises TemplateError, which names file and line and holds no value."""
        chosen = self.index.choose(event.template_folders, channel, event.preferred_locales)
        templates = {part: self._load(name) for part, name in chosen.parts().items()}
        lifetime = self._lifetimes.get(event.trigger, event.lifetime)
        facts = {"app": self._app, "locale": chosen.locale, "trigger": event.trigger, "channel": channel}
        texts = _render_parts(templates, event, secret, {**facts, "lifetime": lifetime} if lifetime else facts)
        if isinstance(texts, TemplateError):
            raise texts
        return Message(
            channel=channel,
            to=to,
            trigger=event.trigger,
            locale=chosen.locale,
            secret=secret,
            tags=(event.trigger,),
            variables=_make_variables(self._app, lifetime),
            **_finish(texts, channel, subject=self._app.get("name", event.trigger)),
        )

    def warm_up(self, channels: Iterable[Channel]) -> None:
        """Compiles the layouts that the default locale's templates of these channels share.

        They are most of what a first message would wait for. Each trigger's own few lines are compiled when its first
        message comes: a start that did it for all of them would take longer than most processes ever get back.
        """
        for channel in channels:
            for name in sorted(self._find_shared(channel)):
                with contextlib.suppress(TemplateError):  # left to the message that needs it
                    self._load(name)

    def compile(self, folders: Sequence[str], channel: Channel) -> None:
        """Loads a trigger's templates in the default locale; raises TemplateError where one does not load."""
        for name in self.index.choose(folders, channel, ()).parts().values():
            for used in (name, *find_used(self.index.file(name))):
                self._load(used)

    def _find_shared(self, channel: Channel) -> set[str]:
        """Finds what templates extend, include or import by name; computed names wait for their first use."""
        files = set()
        for folder in self.index.folders():
            with contextlib.suppress(TemplateError):  # not in the default locale
                files |= {self.index.file(name) for name in self.index.choose((folder,), channel, ()).parts().values()}
        return {name for file in files for name in find_used(file)}

    def _load(self, name: str) -> jinja2.Template:
        """Returns the compiled template; raises TemplateError if it does not load."""
        return rebuilt(lambda: self._environment.get_template(name), by=lambda error: self._explain(error, name))

    def _explain(self, error: Exception, name: str) -> TemplateError:
        from notifyhub.rendering.failures import explain_load

        return explain_load(error, name, self.index.file)


def _render_parts(
    templates: Mapping[str, jinja2.Template], event: Event, secret: Secret | None, facts: Mapping[str, Any]
) -> dict[str, str] | TemplateError:
    """Renders each part's text; returns the error as a value where a template fails.

    Not through `rebuilt`, as elsewhere: the traceback of what is raised here would lead to this frame, which holds the
    plaintext.
    """
    context = {**facts, **_reveal(dict(event.template_values())), **_name_secret(event.trigger, secret)}
    texts = {}
    for part, template in templates.items():
        try:
            texts[part] = template.render(context)
        except Exception as error:  # noqa: BLE001 - a template may fail in every way that Python can
            from notifyhub.rendering.failures import explain_render

            return explain_render(error, template, sorted(context))
    return texts


def _finish(texts: Mapping[str, str], channel: Channel, *, subject: str) -> dict[str, Any]:
    """Finishes the texts for the message; `subject` is used if the templates of a mail have none."""
    html, text = texts.get("html"), texts.get("text", "")
    if channel == "sms":
        return {"text": text.strip()}
    if html is not None and "text" not in texts:
        from notifyhub.rendering.html_text import derive_text

        text = derive_text(html)
    return {"html": html, "text": text, "subject": _join_lines(texts.get("subject", "")) or _join_lines(subject)}


def _name_secret(trigger: str, secret: Secret | None) -> dict[str, str]:
    if secret is None:
        return {}
    return {"password" if trigger == TEMPORARY_PASSWORD else "code": secret.reveal()}


def _reveal(value: Any) -> Any:
    """Reveals secrets in the event itself, such as one-click links, for templates to show."""
    if isinstance(value, dict):
        return {name: _reveal(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_reveal(item) for item in value]
    return value.reveal() if isinstance(value, Secret) else value


def _make_variables(app: Mapping[str, str], lifetime: timedelta | None) -> dict[str, str]:
    """Returns the values for templates that are kept at the vendor."""
    variables = {"app_name": app["name"]} if "name" in app else {}
    if lifetime:
        variables["lifetime_minutes"] = str(int(lifetime.total_seconds() // 60))
    return variables


def _join_lines(subject: str) -> str:
    """Replaces control characters and line breaks by spaces: a header is one line."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", subject).strip()
