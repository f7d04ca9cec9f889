"""A header is believed only from a trusted proxy, and only as far as that one saw for itself."""

import asyncio
import ipaddress
from types import SimpleNamespace

import pytest
from django.test import Client
from twisted.internet.address import IPv6Address

from distviz.front.limits import InUse, Limits
from distviz.front.server import Factory
from distviz.web.proxies import Behind, client_of, origin

PROXIES = [ipaddress.ip_network(one) for one in ("127.0.0.1", "10.0.0.0/8", "2001:db8:9::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),  # anybody can send the header
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["1.1.1.1, 192.0.2.7"], "192.0.2.7"),  # what is left of it was invented
        ("127.0.0.1", ["192.0.2.7, 10.0.0.3"], "192.0.2.7"),  # two proxies
        ("127.0.0.1", ["1.1.1.1", "192.0.2.7, 10.0.0.3"], "192.0.2.7"),  # lines are one list
        ("127.0.0.1", ["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
        ("127.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7"),
        ("::ffff:127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["192.0.2.7, unknown"], "127.0.0.1"),
        ("", ["192.0.2.7"], ""),
    ],
)
def test_who_asks(peer, forwarded, client):
    assert origin(peer, forwarded, PROXIES) == client


def test_without_trusted_proxies_nothing_is_believed():
    assert origin("127.0.0.1", ["192.0.2.7"], []) == "127.0.0.1"


def through(scope, proxies=PROXIES):
    scopes = []

    async def application(scope, receive, send):
        scopes.append(scope)

    asyncio.run(Behind(application, proxies)(scope, None, None))
    return scopes[0]


def seen(scope, proxies=PROXIES):
    scope = through(scope, proxies)
    return scope["client"][0], scope.get("scheme")


@pytest.mark.parametrize(("kind", "plain", "safe"), [("http", "http", "https"), ("websocket", "ws", "wss")])
def test_address_and_scheme_come_from_the_proxy(kind, plain, safe):
    headers = [(b"x-forwarded-for", b"192.0.2.7"), (b"x-forwarded-proto", b"https")]
    scope = {"type": kind, "scheme": plain, "client": ["127.0.0.1", 5], "headers": headers}
    assert seen(scope) == ("192.0.2.7", safe)
    assert seen({**scope, "client": ["192.0.2.9", 5]}) == ("192.0.2.9", plain)
    assert seen(scope, []) == ("127.0.0.1", plain)
    assert seen({"type": "lifespan", "client": ["127.0.0.1", 1]})[0] == "127.0.0.1"


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("peer", ["192.0.2.7", "127.0.0.1"])
def test_the_lab_stands_beneath_no_prefix(kind, peer):
    """The web server takes one from a header that anybody can send."""
    scope = {"type": kind, "client": [peer, 5], "headers": [], "root_path": "/api"}
    assert through(scope)["root_path"] == ""


def test_a_proxy_brings_the_connections_of_all_its_clients():
    held = InUse(Limits(connections=4, per_client=1, proxies=PROXIES))
    assert [enters(held, "10.0.0.1") for _turn in range(3)] == [True, True, True]
    assert [enters(held, "192.0.2.7") for _turn in range(2)] == [True, False]
    assert not enters(held, "10.0.0.1")  # there is no room for anybody


@pytest.mark.parametrize(("proxy", "peer"), [("::1", "::1"), ("2001:db8:9::/48", "2001:db8:9::7")])
def test_so_does_one_that_speaks_ipv6(monkeypatch, proxy, peer):
    """Its network of 64 bits, which counts as one client, is not what is trusted."""
    monkeypatch.setattr(Factory.__mro__[1], "buildProtocol", lambda self, address: SimpleNamespace())
    factory = Factory.__new__(Factory)
    held = InUse(Limits(connections=9, per_client=1, proxies=[ipaddress.ip_network(proxy)]))
    factory.server = SimpleNamespace(held=held)
    assert [factory.buildProtocol(IPv6Address("TCP", peer, 1)) is not None for _turn in range(3)] == [True] * 3
    stranger = IPv6Address("TCP", "2001:db8:7::1", 1)
    assert [factory.buildProtocol(stranger) is not None for _turn in range(2)] == [True, False]


def enters(held, peer):
    return held.enter(client_of(peer), peer)


def test_what_came_to_the_proxy_without_tls_is_redirected_and_programs_are_not(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS, settings.ALLOWED_HOSTS = True, 100, ["*"]
    answer = Client().get("/login/?next=/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/login/?next=/")
    for path in ("/healthz", "/api/nowhere"):
        assert Client().get(path).status_code in (200, 404)
    assert Client().get("/login/", secure=True)["Strict-Transport-Security"] == "max-age=100"


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_who_a_client_is(host, client):
    assert client_of(host) == client
