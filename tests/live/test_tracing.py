"""One OpenTelemetry trace per run, through every service, exported where the standard variable asks for it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.stack import Stack, running, wait_for

FORGED = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    id: str
    parent: str
    facts: dict[str, str] = field(hash=False)


Spans = dict[str, list[Span]]


@pytest.fixture
def collector() -> Iterator[tuple[str, Spans]]:
    """A real OTLP endpoint on loopback: trace id → its spans."""
    traces: Spans = {}

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = ExportTraceServiceRequest()
            asked.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in asked.resource_spans:
                service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
                for span in (span for scope in resource.scope_spans for span in scope.spans):
                    facts = {a.key: a.value.string_value for a in span.attributes}
                    found = Span(service, span.name, span.span_id.hex(), span.parent_span_id.hex(), facts)
                    traces.setdefault(span.trace_id.hex(), []).append(found)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", traces
    server.shutdown()


def test_one_trace_goes_through_all_services_and_databases(collector: tuple[str, Spans]) -> None:
    url, traces = collector
    with running(accounts=12, env={"OTEL_EXPORTER_OTLP_ENDPOINT": url}) as stack:
        stack.client.headers["traceparent"] = f"00-{FORGED}-00f067aa0ba902b7-01"
        run_id = stack.withdraw("saga", "bob", "payment.in_tx:error:1")
        run = stack.ended(run_id)
        services = {"distviz-web", "distviz-worker-account", "distviz-worker-payment", "distviz-worker-notification"}
        found = lambda: traces.get(run["trace_id"], [])  # noqa: E731
        wait_for(lambda: {span.service for span in found()} >= services, 10, "spans of every service")
        wait_for(lambda: {span.id for span in found()} >= _logged(stack, run_id), 10, "every span that the log names")
        spans = list(found())
        ids = {span.id for span in spans}
        assert [span.parent for span in spans if span.parent not in ids] == [""]  # one root, everybody hangs on it
        attempts = [span for span in spans if span.name == "payment MoneyDeducted"]
        assert len(attempts) == 2
        assert FORGED not in traces  # the caller's trace is not ours, and ours is not the caller's

        handlers = {
            span.id: span for span in spans if span.name.split(" ")[0] in ("account", "payment", "notification")
        }
        asked = {
            (handlers[span.parent].name.split(" ")[0], span.facts["db.system"], span.facts.get("db.name", ""))
            for span in spans
            if "db.system" in span.facts
        }  # a handler is the parent of all of them
        assert asked >= {
            ("account", "postgresql", "account"),
            ("account", "postgresql", "default"),
            ("account", "redis", ""),
            ("payment", "postgresql", "payment"),
            ("payment", "redis", ""),
            ("notification", "mongodb", "notification"),
        }
        told = [span.facts["db.statement"] for span in spans if span.facts.get("db.system") == "postgresql"]
        assert not any("bob" in statement or run_id in statement for statement in told)  # placeholders, no values
        assert all(
            any(span.name.startswith("withdraw") for span in group) for group in traces.values()
        )  # no idle noise


def _logged(stack: Stack, run_id: str) -> set[str]:
    return {event["span_id"] for event in stack.events(run_id) if event.get("span_id")}
