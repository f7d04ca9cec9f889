"""OpenTelemetry spans of a handler's queries, under the handler's span. On only while spans are exported.

PostgreSQL by Django's own hook, MongoDB by the driver's own listener, Redis by the contrib instrumentation: see
docs/decisions.md. Without a span around it nothing is recorded, so idle polling makes no traces.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymongo.monitoring
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from distviz.trace import tracing

Execute = Callable[[Any, Any, bool, Mapping[str, Any]], Any]
_QUIET = {"hello", "ismaster", "ping", "endSessions", "killCursors"}


class Here(trace.Tracer):
    """The tracer of the current process: what is patched before a fork is used after it."""

    def start_span(self, name: str, context: Context | None = None, *args: Any, **options: Any) -> Span:
        if not trace.get_current_span(context).is_recording():
            return trace.INVALID_SPAN
        return tracing.tracer().start_span(name, context, *args, **options)

    @contextmanager
    def _start(self, name: str, context: Context | None = None, *args: Any, **options: Any) -> Iterator[Span]:
        if not trace.get_current_span(context).is_recording():
            yield trace.INVALID_SPAN
            return
        with tracing.tracer().start_as_current_span(name, context, *args, **options) as span:
            yield span

    start_as_current_span = _start  # type: ignore[assignment]


class Provider(trace.TracerProvider):
    def get_tracer(self, *_args: Any, **_options: Any) -> trace.Tracer:
        return Here()


def switch_on() -> None:
    """Once in each process, before it opens a connection."""
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    connection_created.connect(_watch, dispatch_uid="distviz.database_spans")
    pymongo.monitoring.register(_Commands())
    RedisInstrumentor().instrument(tracer_provider=Provider())


def _watch(connection: Any, **_: Any) -> None:
    """Called for each new connection; the list of wrappers outlives it."""
    if _traced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_traced)


def _traced(execute: Execute, sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """One statement. Its text has placeholders: values are never exported."""
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    text, alias = " ".join(str(sql).split()), context["connection"].alias
    attributes = {"db.system": "postgresql", "db.name": alias, "db.statement": text[:2000]}
    name = f"{text.split(' ', 1)[0].upper()} {alias}"
    with tracing.tracer().start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes):
        return execute(sql, params, many, context)


class _Commands(pymongo.monitoring.CommandListener):
    """A command begins and ends in the thread that asked for it."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], Span] = {}

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        if event.command_name in _QUIET or not trace.get_current_span().is_recording():
            return
        attributes = {
            "db.system": "mongodb",
            "db.name": event.database_name,
            "db.operation": event.command_name,
            "db.mongodb.collection": str(event.command.get(event.command_name, "")),
        }
        name = f"{event.command_name} {event.database_name}"
        span = tracing.tracer().start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        self._open[os.getpid(), event.request_id] = span

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        self._end(event.request_id, "")

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        self._end(event.request_id, str(event.failure.get("errmsg", "failed")))

    def _end(self, request_id: int, error: str) -> None:
        span = self._open.pop((os.getpid(), request_id), None)
        if span is None:
            return
        if error:
            span.set_status(Status(StatusCode.ERROR, error))
        span.end()
