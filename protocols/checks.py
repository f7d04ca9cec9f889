"""What Django's `check` asks of each protocol: mistakes of shape that would otherwise show on a page, in a worker, or
only once something fails."""

import json
from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.core.serializers.json import DjangoJSONEncoder
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from distviz.stack.rights import RIGHTS
from distviz.story.shapes import LANES
from distviz.trace.handlers import ROUTES, STARTS
from distviz.trace.messages import TYPES
from protocols.catalogue import Protocol
from protocols.registry import PROTOCOLS


@register("protocols")
def check(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    found = [(apps.get_app_config(key), protocol) for key, protocol in PROTOCOLS.items()]
    wrong: list[CheckMessage] = []
    for config, protocol in found:
        wrong += [_error(config, "protocol", text) for text in _of_value(protocol)]
        wrong += [_error(config, "models", text) for text in _of_tables(config)]
    return wrong


def _error(config: AppConfig, module: str, text: str) -> CheckMessage:
    return Error(f"{config.name}.{module}: {text}", obj=config.module and _Place(f"{config.name}.{module}"))


class _Place:
    """What an Error is about: it has the name of a module."""

    def __init__(self, module: str) -> None:
        self.__module__ = module

    def __str__(self) -> str:
        return self.__module__


def _of_value(protocol: Protocol) -> Iterator[str]:
    """Of PROTOCOL itself."""
    lanes = LANES | protocol.own_lanes
    for step in protocol.steps:
        for lane in filter(None, (step.lane, step.to)):
            if lane not in lanes:
                yield f"the step {step.key!r} is on the lane {lane!r}, which is none of {', '.join(lanes)}"
    if not protocol.steps:
        yield "it has no steps"
    request = TYPES.get(f"{protocol.key}.WithdrawalRequested")
    if request is None or protocol.request is not request:
        yield "its request has to be a message of its own, WithdrawalRequested"
    elif request not in ROUTES and request not in STARTS:
        yield "nothing reacts to WithdrawalRequested"
    try:
        json.dumps(protocol.as_dict(), cls=DjangoJSONEncoder)
    except (TypeError, ValueError, AttributeError) as error:
        yield f"the API cannot say what it is: {error}"
    if protocol.desk:
        yield from _of_templates(protocol.key)


def _of_templates(key: str) -> Iterator[str]:
    for name in (f"{key}/desk.html", f"{key}/desk_now.html"):
        try:
            get_template(name)
        except TemplateDoesNotExist:
            yield f"its desk has no template {name}"
        except TemplateSyntaxError as error:
            yield f"{name}: {error}"


def _of_tables(config: AppConfig) -> Iterator[str]:
    """Each has a name that no other app's has in that database, and somebody may write to it."""
    others = [other for other in apps.get_app_configs() if other is not config]
    taken = {_table(model): model for other in others for model in _models(other)}
    for model in _models(config):
        alias, table = _table(model)
        if other := taken.get((alias, table)):
            yield f"the table {table} of {model.__name__} is that of {other._meta.label} in the database {alias}"
        elif (alias, table) not in RIGHTS:
            yield f"nobody may write to {table}: say who in relations.py, rights.register({alias!r}, {table!r}, …)"


def _models(config: AppConfig) -> list[Any]:
    return [model for model in config.get_models() if model._meta.managed and not model._meta.proxy]


def _table(model: Any) -> tuple[str, str]:
    config = apps.get_app_config(model._meta.app_label)
    alias = getattr(model, "database", None) or getattr(config, "database", "default")
    return str(alias), model._meta.db_table
