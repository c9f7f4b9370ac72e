"""The base class of the application's own events."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from notifyhub.channels import CHANNELS, Channel
from notifyhub.errors import ConfigurationError
from notifyhub.events.base import Event, Recipient, digest
from notifyhub.redaction.validation_errors import find_types
from notifyhub.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable


class NotificationEvent(Event):
    """The base of an application's own events.

    ```python
    class OrderShipped(NotificationEvent):
        channels = ("email", "sms")
        order_number: str
    ```

    `id` makes a redelivery recognisable: the same name, id and channel is the same message. Templates see the fields as
    `event.order_number`. On the wire: `{"event": "OrderShipped", "id": …, "recipient": {"email": …}, …}`.
    """

    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    name: ClassVar[str] = ""
    """The name on the wire and of the template folder; the class's name unless set."""
    shown = ("id",)

    id: Annotated[str, Field(min_length=1)]
    recipient: Recipient

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Names the event and refuses unusable fields as soon as the class is written."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_rebuild(raise_errors=False)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if not cls.name.isidentifier() or not cls.channels or not set(cls.channels) <= set(CHANNELS):
            raise ConfigurationError(
                f"channels must be some of {CHANNELS} and name an identifier", path=f"{cls.__module__}:{cls.__name__}"
            )
        _refuse_taken_names(cls)
        _refuse_masks(cls)

    @property
    def trigger(self) -> str:
        """The event's name."""
        return type(self).name

    @property
    def all_channels(self) -> tuple[Channel, ...]:
        """The class's channels."""
        return type(self).channels

    @property
    def preferred_locales(self) -> tuple[str, ...]:
        """The recipient's locale."""
        return (self.recipient.locale,) if self.recipient.locale else ()

    @property
    def attributes(self) -> Mapping[str, str]:
        """The event's own fields that hold one value, as texts."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: text for name, value in values.items() if (text := _write(value)) is not None}

    def template_values(self) -> Mapping[str, Any]:
        """Returns all fields but the recipient as `event`; Secrets stay Secrets, at any depth."""
        return {"event": _dump(self, without={"recipient"})}

    def key(self, channel: Channel, correlation: str) -> str:
        """Returns a key made of the event's name, its id and the channel; the request does not matter."""
        return digest("own", self.trigger, self.id, channel)


def _refuse_taken_names(event: type[NotificationEvent]) -> None:
    """Refuses fields named like an attribute of all events, of which Pydantic only warns."""
    if taken := [name for name in event.model_fields if name in vars(Event)]:
        raise ConfigurationError(
            f"every event has {taken[0]!r} already; call the field something else",
            path=f"{event.__module__}:{event.__name__}",
        )


def _refuse_masks(event: type[NotificationEvent]) -> None:
    """Refuses Pydantic's own secrets: they are written as asterisks, which would be sent."""
    import pydantic

    masks = (pydantic.SecretStr, pydantic.SecretBytes, pydantic.Secret)
    for name, field in event.model_fields.items():
        kinds = (typing.get_origin(kind) or kind for kind in find_types(field.annotation))
        if any(isinstance(kind, type) and issubclass(kind, masks) for kind in kinds):
            raise ConfigurationError(
                f"{name} would be sent as asterisks; use notifyhub.Secret instead of Pydantic's secrets",
                path=f"{event.__module__}:{event.__name__}",
            )


def _write(value: Any) -> str | None:
    """Writes one value as routes name it, booleans as Cognito does; returns None for no value or several."""
    if isinstance(value, enum.Enum):
        return _write(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _dump(model: BaseModel, *, without: Iterable[str] = ()) -> dict[str, Any]:
    """Dumps the model as JSON does, except for fields with Secrets in them, which JSON refuses."""
    fields = {name: value for name, value in _name_values(model).items() if name not in without}
    secret = {name: _dump_value(value) for name, value in fields.items() if _holds_secret(value)}
    return {**model.model_dump(mode="json", exclude={*without, *secret}, exclude_none=True), **secret}


def _dump_value(value: Any) -> Any:
    if isinstance(value, Secret):
        return value
    if not _holds_secret(value):
        from pydantic_core import to_jsonable_python

        return to_jsonable_python(value, by_alias=False, exclude_none=True)
    if isinstance(value, BaseModel):
        return _dump_value(_name_values(value)["root"]) if value.__pydantic_root_model__ else _dump(value)
    if named := _name_values(value):
        return {_dump_value(name): _dump_value(item) for name, item in named.items() if item is not None}
    return [_dump_value(item) for item in _items(value)]


def _holds_secret(value: Any) -> bool:
    return isinstance(value, Secret) or any(map(_holds_secret, _name_values(value).values() or _items(value)))


def _name_values(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, BaseModel):
        kind = type(value)
        names = (*kind.model_fields, *kind.model_computed_fields)
        return {**{name: getattr(value, name) for name in names}, **(value.model_extra or {})}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes | bytearray) else ()
