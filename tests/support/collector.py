"""Where a stack sends its traces: a real OTLP endpoint on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    id: str
    parent: str
    facts: dict[str, str] = field(hash=False)


Spans = dict[str, list[Span]]


@contextmanager
def collecting() -> Iterator[tuple[str, Spans]]:
    """(its address, trace id → its spans so far)."""
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
