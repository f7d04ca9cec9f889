"""A protocol is a Django app: once its folder is in INSTALLED_APPS it registers itself, in every process."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from protocols import registry

_NOT_LOADED = {"admin", "api", "management", "migrations", "tests"}  # loaded where they are needed


class ProtocolApp(AppConfig):
    """The base of each protocol's app. `database` is where its tables are."""

    database = "default"

    def ready(self) -> None:
        """Importing a module registers what it has: handlers, sweeps, fault points, sentences. Then comes PROTOCOL."""
        from protocols.catalogue import Protocol  # models; none are loaded yet when this file is

        assert isinstance(self.module, ModuleType)
        found = {module.__name__: module for module in modules(self.module)}
        protocol = getattr(found.get(f"{self.name}.protocol"), "PROTOCOL", None)
        if not isinstance(protocol, Protocol):
            raise ImproperlyConfigured(f"{self.name}.protocol: PROTOCOL has to be a protocols.catalogue.Protocol")
        if protocol.key != self.label:
            raise ImproperlyConfigured(f"{self.name}.protocol: the key has to be the folder's name, {self.label}")
        registry.register(protocol)


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Every module of a protocol's folder."""
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name.rpartition(".")[2] not in _NOT_LOADED:
            module = import_module(found.name)
            yield module
            if found.ispkg:
                yield from modules(module)
