"""OpenTelemetry: one trace per run, made here, carried in Celery's headers, exported by OTLP where the standard
variables ask for it. The run log in the database stays the source of truth; spans die with a killed process."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def exporting() -> bool:
    """Whether spans are exported: else only their ids are made."""
    return any(name in os.environ and os.environ[name] for name in _ENDPOINTS)


def tracer() -> trace.Tracer:
    """This process's."""
    return _tracer(os.getpid())


@lru_cache(maxsize=1)
def _tracer(pid: int) -> trace.Tracer:
    """One provider per process: its exporter thread does not survive a fork."""
    role = os.environ.get("DISTVIZ_ROLE", "shell")
    provider = TracerProvider(resource=Resource.create({"service.name": f"distviz-{role.replace(':', '-')}"}))
    if exporting():
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=2), schedule_delay_millis=200))
    return provider.get_tracer("distviz")


def new_trace() -> tuple[str, str]:
    """(trace id, span id) of a new root. A caller's own `traceparent` is never taken over."""
    if not exporting():
        return f"{random.getrandbits(128) or 1:032x}", f"{random.getrandbits(64) or 1:016x}"
    span = tracer().start_span("withdraw", context=trace.set_span_in_context(trace.INVALID_SPAN))
    span.end()
    found = span.get_span_context()
    return f"{found.trace_id:032x}", f"{found.span_id:016x}"


def parent(traceparent: str) -> SpanContext:
    """The span that a `traceparent` names. Raises ValueError for garbage."""
    _, trace_id, parent_id, _ = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(parent_id, 16), is_remote=True, trace_flags=TraceFlags(1))


def span(name: str, traceparent: str, **attributes: str) -> AbstractContextManager[tuple[str, str]]:
    """Run under a span whose parent is `traceparent`; yields (span id, traceparent for what comes next)."""
    above = parent(traceparent)
    if exporting() or not above.is_valid:
        return _recorded(name, above, attributes)
    span_id = random.getrandbits(64) or 1  # nobody is told of it: its ids are all that the log wants
    return nullcontext((f"{span_id:016x}", f"00-{above.trace_id:032x}-{span_id:016x}-01"))


@contextmanager
def _recorded(name: str, above: SpanContext, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    context = trace.set_span_in_context(NonRecordingSpan(above))
    with tracer().start_as_current_span(name, context=context, attributes=attributes) as opened:
        found = opened.get_span_context()
        yield f"{found.span_id:016x}", f"00-{found.trace_id:032x}-{found.span_id:016x}-01"
