"""Makes the renderer that `[app]`, `[templates]` and the triggers' lifetimes ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.rendering.index import find_built_in_root
from notifyhub.rendering.renderer import Renderer

if TYPE_CHECKING:
    from notifyhub.settings.model import Settings


def make_renderer(settings: Settings) -> Renderer:
    """Makes a renderer over the user's folder of templates, which takes precedence, and the built-in ones."""
    own = settings.templates.path
    return Renderer(
        [own, find_built_in_root()] if own else [find_built_in_root()],
        app=settings.app.model_dump(exclude_none=True),
        default_locale=settings.templates.default_locale,
        lifetimes=settings.lifetimes(),
    )
