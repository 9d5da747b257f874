"""The services of this installation, by name. Each is imported only when it is asked for."""

from importlib import import_module
from typing import cast

from shared.service import Service
from shared.settings import ServiceSettings
from tandem_events import Topic

SERVICES = ("intake", "matching", "notifications", "checkins", "portal")


class NoSuchService(LookupError):
    """A name is not that of a service."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no service {name}; there are {', '.join(SERVICES)}.")


def settings_class(name: str) -> type[ServiceSettings]:
    """The settings class of a service.

    Raises:
        NoSuchService: The name is unknown.
    """
    if name not in SERVICES:
        raise NoSuchService(name)
    return cast("type[ServiceSettings]", import_module(f"services.{name}.settings").Settings)


def build(settings: ServiceSettings) -> Service:
    """Put a service together from its settings; nothing connects or runs yet."""
    return cast("Service", import_module(f"services.{settings.service}.app").build(settings))


def topics_read_by(name: str) -> list[Topic]:
    """The topics that a service reacts to.

    Raises:
        NoSuchService: The name is unknown.
    """
    if name not in SERVICES:
        raise NoSuchService(name)
    reactions = import_module(f"services.{name}.handlers").reactions
    return [event_class.topic for event_class in reactions.event_classes]
