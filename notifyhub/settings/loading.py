"""Loads Settings from `notifyhub.toml` and the environment."""

from __future__ import annotations

import os
import tomllib
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from notifyhub.errors import ConfigurationError, ConfigurationNotFound
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.redaction.validation_errors import Problem, find_problems
from notifyhub.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "notifyhub.toml"
PREFIX = "NOTIFYHUB__"
PATH_VARIABLE = "NOTIFYHUB_CONFIG"

S = TypeVar("S", bound=BaseModel)


def load_settings(path: str | Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Loads the settings of a file, which `NOTIFYHUB__SECTION__KEY` variables override.

    Without a path the file is that of `NOTIFYHUB_CONFIG`, else `notifyhub.toml` in the Lambda function's code or in the
    working folder; without any file the variables alone have to do. Raises ConfigurationError with the key's path.
    """
    environ = os.environ if environ is None else environ
    file = _find(path, environ)
    tables = _override(_read(file) if file else {}, environ)
    return validate(Settings, tables, folder=file.parent if file else Path.cwd())


def validate(model: type[S], table: Any, *, folder: Path, prefix: str = "") -> S:
    """Makes a model of a table; raises ConfigurationError, which names each wrong key and quotes no value."""
    return rebuilt(
        lambda: model.model_validate(table, context={"folder": folder}),
        by=lambda error: _explain(error, model, prefix),
        of=ValidationError,
    )


def _explain(error: Any, model: type[BaseModel], prefix: str) -> ConfigurationError:
    found = find_problems(error, prefix=prefix)
    found = [problem._replace(path=problem.path.removesuffix(".[key]")) for problem in found]
    first, *others = [_add_suggestion(problem, model, prefix) for problem in found]
    return ConfigurationError("; ".join([first.text, *map(str, others)]), path=first.path or None)


def _find(path: str | Path | None, environ: Mapping[str, str]) -> Path | None:
    if named := path or environ.get(PATH_VARIABLE):
        if not Path(named).is_file():
            raise ConfigurationError(f"there is no file {named}", path=None if path else PATH_VARIABLE)
        return Path(named).absolute()
    folders = list(dict.fromkeys(Path(folder) for folder in (environ.get("LAMBDA_TASK_ROOT"), Path.cwd()) if folder))
    if file := next((folder / FILE for folder in folders if (folder / FILE).is_file()), None):
        return file
    if not any(name.startswith(PREFIX) for name in environ):
        looked = " and ".join(map(str, folders))
        raise ConfigurationNotFound(f"no {FILE} in {looked}; write one, or name it in {PATH_VARIABLE}")
    return None


def _read(file: Path) -> dict[str, Any]:
    return rebuilt(
        lambda: tomllib.loads(file.read_text(encoding="utf-8-sig")),  # Windows' editors begin it with a mark
        by=lambda error: ConfigurationError(_unreadable(error), path=str(file)),
        of=(ValueError, RecursionError, OSError),
    )


def _unreadable(error: Exception) -> str:
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"this is not valid TOML: {error}"
    if isinstance(error, UnicodeDecodeError):
        return "this is not UTF-8 text"
    if isinstance(error, OSError):
        return f"this cannot be read ({type(error).__name__})"
    return "this is not valid TOML"  # a number of thousands of digits, tables nested as deeply


def _override(tables: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        *sections, key = variable.removeprefix(PREFIX).lower().split("__")
        if not all((*sections, key)):
            raise ConfigurationError(f"write {PREFIX}SECTION__KEY", path=variable)
        table = _open_table(tables, sections, variable)
        table[_respell(key, table)] = environ[variable]
    return tables


def _open_table(tables: dict[str, Any], sections: Iterable[str], variable: str) -> dict[str, Any]:
    for section in sections:
        tables = tables.setdefault(_respell(section, tables), {})
        if not isinstance(tables, dict):
            raise ConfigurationError(f"{section} is no table; an array of tables is only set whole", path=variable)
    return tables


def _respell(name: str, table: Iterable[str]) -> str:
    """Spells a name as the file does, such as a trigger's: variables come in lower case."""
    return next((known for known in table if known.lower() == name), name)


def _add_suggestion(problem: Problem, model: type[BaseModel], prefix: str) -> Problem:
    if problem.kind != "extra_forbidden":
        return problem
    import difflib

    *steps, key = problem.path.removeprefix(f"{prefix}.").split(".")
    known = _list_keys(model, steps)
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
    return problem._replace(text=f"{problem.text}; {hint}")


def _list_keys(model: Any, steps: Iterable[str]) -> list[str]:
    """Lists the fields of the table that a path leads to."""
    for step in steps:
        fields = getattr(model, "model_fields", {})
        model = _find_model(fields[step].annotation) if step in fields else model
    return list(getattr(model, "model_fields", {}))


def _find_model(annotation: Any) -> Any:
    """Finds the model inside of `Model | None`, `tuple[Model, ...]` or `dict[str, Model]`."""
    if not typing.get_args(annotation):
        return annotation
    found = (_find_model(argument) for argument in typing.get_args(annotation))
    return next((model for model in found if isinstance(model, type) and issubclass(model, BaseModel)), None)
