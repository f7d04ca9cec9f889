"""A request goes into a thread once for all of its middleware and its view."""

import asyncio

import pytest
from asgiref.sync import SyncToAsync
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse
from django.urls import path

from distviz.web.handler import OneThread


def seen(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, status=201)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


class Watching:
    """Middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        pass


urlpatterns = [path("seen", seen), path("broken", broken)]


@pytest.fixture
def answer(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.Watching", f"{__name__}.Watching"]
    settings.ALLOWED_HOSTS = ["*"]

    async def asked(address, body):
        scope = {"type": "http", "method": "POST", "path": address, "query_string": b"", "headers": []}
        request = ApplicationCommunicator(OneThread(), scope)
        await request.send_input({"type": "http.request", "body": body})
        start, rest = await request.receive_output(5), await request.receive_output(5)
        await request.wait(5)
        return start["status"], rest["body"]

    return lambda address, body=b"": asyncio.run(asked(address, body))


def test_the_whole_chain_is_called_at_once(answer, monkeypatch):
    hops = []
    change = SyncToAsync.__call__
    monkeypatch.setattr(SyncToAsync, "__call__", lambda self, *args: hops.append(self.func) or change(self, *args))
    assert answer("/seen", b"$100") == (201, b"$100")
    assert len(hops) == 3  # the beginning, the chain and the end


def test_what_fails_is_a_500(answer):
    assert answer("/broken")[0] == 500
