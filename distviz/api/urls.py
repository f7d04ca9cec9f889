"""The API: docs/contract.md's HTTP table, with its description at /api/openapi.json and pages to read at /api/docs."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from distviz.api import answers, imports, network, probe, runs, states
from distviz.api.described import Described
from distviz.api.guard import guarded
from distviz.api.reading import Reading
from distviz.errors import NotFound
from protocols import registry

api = Described(
    title="distviz",
    version=settings.VERSION,
    description="Distributed transactions, made to happen and to break. All of it is real: "
    "money is a string with two decimals, and a crash kills a process.",
    docs=Reading(),
    renderer=answers.Renderer(),
    parser=answers.BodyParser(),
    urls_namespace="api",
)
answers.install(api)
api.add_decorator(guarded, mode="view")
api.add_router("", runs.router)
api.add_router("", network.router)
api.add_router("", probe.router)
api.add_router("", states.router)
api.add_router("", imports.router)
for protocol in registry.PROTOCOLS.values():
    if protocol.api:
        api.add_router("", protocol.api)


rest = Router()


@rest.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:path}", include_in_schema=False)
def elsewhere(request: HttpRequest, path: str) -> None:
    raise NotFound("no_such_address")


api.add_router("", rest)  # last, for it matches everything
