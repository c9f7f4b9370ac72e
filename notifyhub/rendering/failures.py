"""Errors of templates, rebuilt from what the template file itself says; loaded only when something fails."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from notifyhub.errors import TemplateError, UndefinedVariable
from notifyhub.rendering.environment import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def explain_load(error: Exception, name: str, file: Callable[[str], str]) -> TemplateError:
    """Turns an error of loading the named template into a TemplateError; `file` gives the file behind a name."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        # Jinja's text on syntax quotes the template alone.
        return TemplateError(str(error.message), template=error.filename or name, line=error.lineno)
    if isinstance(error, jinja2.TemplateNotFound):
        return TemplateError(f"no such template: {file(str(error.name))}", template=file(name))
    # It is no UTF-8, there is no right to read it, or Python's compiler refuses it.
    return TemplateError(f"it does not load ({type(error).__name__})", template=file(name))


def explain_render(error: Exception, template: jinja2.Template, known: Sequence[str]) -> TemplateError:
    """Turns an error of rendering into one that names file and line and quotes no value."""
    where, line = _locate(error, template)
    if isinstance(error, jinja2.TemplateSyntaxError):
        return TemplateError(str(error.message), template=error.filename or where, line=error.lineno)
    if isinstance(error, jinja2.UndefinedError):
        return UndefinedVariable(_find_name(error, where), template=where, line=line, known=known)
    name = _find_name(error, where) if isinstance(error, jinja2.TemplateError) else None
    named = f" ({name})" if name else ""
    return TemplateError(f"{type(error).__name__}{named} while rendering", template=where, line=line)


def _locate(error: Exception, template: jinja2.Template) -> tuple[str, int | None]:
    """Finds file and line of the innermost template frame; Jinja maps its frames to the template's own lines."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return (frames[-1].filename, frames[-1].lineno) if frames else (template.filename or str(template.name), None)


def _find_name(error: Exception, file: str) -> str | None:
    """Finds the name that an error is about, if the template spells it: for `user[code]` Jinja names the code."""
    names = re.findall(r"'([A-Za-z_][\w:./-]*)'", f"{error} '{error}'")
    source = read_source(Path(file)) if Path(file).is_file() else ""
    # Compared word by word: a pattern made of the name, which may be a value, would stay in the cache of `re`.
    spelled = {word for found in re.findall(r"[\w:./-]+", source) for word in (found, *re.split(r"[:./-]", found))}
    return next((name for name in reversed(names) if name in spelled), None)
