"""A provider as a third party would publish it."""

import threading
import time

from pydantic import SecretStr

from notifyhub.provider import Capabilities, Provider, ProviderReceipt, ProviderSettings


class Pigeon(Provider):
    name = "pigeon"
    channels = ("email",)
    built: list[int] = []

    class Settings(ProviderSettings):
        ring: SecretStr = SecretStr("none")

    def __init__(self, settings, toolkit):
        time.sleep(0.01)
        super().__init__(settings, toolkit)
        self.built.append(threading.get_ident())

    def send(self, message, context):
        return ProviderReceipt()


class Parrot(Pigeon):
    """Says aloud what it carries."""

    capabilities = Capabilities(development_only=True)


NOT_A_PROVIDER = 7
