"""An application's own event, as one writes it; `order_shipped.toml` registers it."""

from __future__ import annotations

from notifyhub.events.notification import NotificationEvent


class OrderShipped(NotificationEvent):
    """A parcel is on its way."""

    order_number: str
    carrier: str
