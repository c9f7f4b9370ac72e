"""Events of the application itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from notifyhub.errors import ConfigurationError
from notifyhub.events.base import Event, Recipient, digest
from notifyhub.messages import CHANNELS, Channel
from notifyhub.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        """Names the event and refuses channels that do not exist, where the class is written."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_rebuild(raise_errors=False)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if not cls.name.isidentifier() or not cls.channels or not set(cls.channels) <= set(CHANNELS):
            raise ConfigurationError(
                f"channels must be some of {CHANNELS} and name an identifier", path=f"{cls.__module__}:{cls.__name__}"
            )

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

    def template_values(self) -> Mapping[str, Any]:
        """All fields but the recipient, as `event`."""
        secrets = {name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), Secret)}
        plain = self.model_dump(mode="json", exclude={"recipient", *secrets}, exclude_none=True)
        return {"event": {**plain, **secrets}}

    def key(self, channel: Channel, correlation: str) -> str:
        """The event's name, id and the channel, whatever the request."""
        return digest("own", self.trigger, self.id, channel)
