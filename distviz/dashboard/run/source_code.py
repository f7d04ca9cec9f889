"""The source code behind an event: the real function of the protocol's module, with the line that made the event.

Found by names of the log (step, message, handler) among the functions of `protocols.<key>` and nowhere else; nothing
of a request ever becomes a path. Read once per process.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from distviz.dashboard.run import highlighting
from distviz.stack import outside
from distviz.story.shapes import EventLike
from distviz.trace import handlers

_OPENS = re.compile(r"\bstep\((.+)")
# A name may be chosen on the spot (`"paid" if paid else "cancelled"`); what another argument says is none.
_NAME = re.compile(r"""(?<![=\w"'])(f?)(["'])(.+?)\2""")
_NOT_PROTOCOL = {"migrations", "tests", "management", "admin"}
_PART = re.compile(r"\\\{.*?\\\}")


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a protocol."""

    name: str
    file: str
    line: int
    text: tuple[str, ...]

    def opens(self, step: str) -> int | None:
        """The line on which it opens this step."""
        for number, text in enumerate(self.text):
            opened = _OPENS.search(text)
            for formatted, _, name in _NAME.findall(opened[1]) if opened else ():
                pattern = _PART.sub(".+", re.escape(name)) if formatted else re.escape(name)
                if re.fullmatch(pattern, step):
                    return number
        return None

    def says(self, *texts: str) -> int | None:
        """The first line with one of these texts."""
        return next((n for n, line in enumerate(self.text) if any(text in line for text in texts)), None)


@dataclass(frozen=True, slots=True)
class CodeLine:
    number: int
    html: SafeString
    marked: bool

    @property
    def shown(self) -> SafeString:
        return format_html("<mark>{}</mark>", self.html) if self.marked else self.html


@dataclass(frozen=True, slots=True)
class SourceFunction:
    """A function to be shown. `marked` is the line of the event, or that of the function."""

    name: str
    file: str
    marked: int
    lines: tuple[CodeLine, ...]


def of(protocol: str, event: EventLike, taken: EventLike | None) -> SourceFunction | None:
    """The code that made this event. `taken` is the message that was being handled."""
    handler = _handler(protocol, taken) if taken else None
    # The handler at work comes first, then the module of the lane: services may name their steps alike.
    own = _both(handler) if handler else []
    known = [*own, *sorted(functions(protocol), key=lambda f: Path(f.file).stem != event.lane)]
    finder = _FINDERS.get(event.kind)
    found = finder(event, known) if finder else None
    if found is None and handler:
        found = own[0], 0
    return _shown(*found) if found else None


@lru_cache(maxsize=32)
def functions(protocol: str) -> tuple[Function, ...]:
    """Every function of this protocol's modules."""
    package = importlib.import_module(apps.get_app_config(protocol).name)
    walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    names = [info.name for info in walked if not _NOT_PROTOCOL.intersection(info.name.split("."))]
    modules = [importlib.import_module(name) for name in names]
    found = {f.__qualname__ + f.__module__: f for module in modules for f in _functions_of(module)}
    return tuple(_read(f) for f in found.values())


def _functions_of(module: Any) -> Iterator[FunctionType]:
    for value in vars(module).values():
        function = inspect.unwrap(value.react if isinstance(value, handlers.Handler) else value)
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            yield function


@lru_cache(maxsize=512)
def _read(function: Callable[..., Any]) -> Function:
    function = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(function)
    shown = tuple(line.rstrip("\n") for line in lines)
    file = outside.shown(Path(inspect.getfile(function)), settings.OUTSIDE.loaded)
    return Function(function.__name__, file, first, shown)


def _handler(protocol: str, taken: EventLike) -> handlers.Handler | None:
    """Who reacts to this message on this lane."""
    for message, listening in handlers.ROUTES.items():
        if message.protocol == protocol and message.__name__ == taken.name:
            return next((h for h in listening if h.place.lane == taken.lane), listening[0])
    return None


def _both(handler: handlers.Handler) -> list[Function]:
    return [_read(react) for react in (handler.react, handler.give_up) if react and inspect.isfunction(react)]


_Found = tuple[Function, int] | None


def _step(event: EventLike, known: list[Function]) -> _Found:
    """`with step("deduct")`, or else who hands that name on to it."""
    found = [(f, line) for f in known if (line := f.opens(event.name)) is not None]
    found = found or [(f, line) for f in known if (line := f.says(f'("{event.name}"')) is not None]
    return found[0] if found else None


def _message(event: EventLike, known: list[Function]) -> _Found:
    if event.phase == "received":
        return None  # the handler itself
    texts = (f"send({event.name}", f"{event.name}.of(", f"{event.name}(")
    return next(((f, line) for f in known if (line := f.says(*texts)) is not None), None)


def _retry(event: EventLike, known: list[Function]) -> _Found:
    return next(((f, 0) for f in known if f.name == event.name), None)


def _decision(event: EventLike, known: list[Function]) -> _Found:
    return next(((f, line) for f in known if (line := f.says(".decide(")) is not None), None)


_FINDERS: dict[str, Callable[[EventLike, list[Function]], _Found]] = {
    "step": _step,
    "message": _message,
    "retry": _retry,
    "decision": _decision,
}


def _shown(function: Function, marked: int) -> SourceFunction:
    html = highlighting.python(function.text)
    lines = (CodeLine(function.line + n, text, n == marked) for n, text in enumerate(html))
    return SourceFunction(function.name, function.file, function.line + marked, tuple(lines))
