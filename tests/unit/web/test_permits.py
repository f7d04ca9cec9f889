"""Who may do what: every address × method has a decision, and it is kept by pages, API and sockets."""

import json
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.urls.resolvers import ResolverMatch

from distviz.errors import Forbidden, NotLoggedIn
from distviz.live import consumers, routing
from distviz.runs.asking import Withdrawal
from distviz.trace.faults import FaultSpec
from distviz.web import doorway, identity, permits

ACTING = ("POST", "PUT", "PATCH", "DELETE")
PARTS = {"uuid": "00000000-0000-0000-0000-000000000000", "int": "1", "slug": "saga", "str": "x", "path": "x", "": "x"}


def addresses(patterns, before="", spaces=()):
    """(address, name, view) of every view, those of Django's admin left out: it asks for permissions itself."""
    for one in patterns:
        route = before + str(getattr(one.pattern, "_route", ""))
        if hasattr(one, "url_patterns"):
            inner = [*spaces, one.namespace] if one.namespace else spaces
            if one.namespace != "admin":
                yield from addresses(one.url_patterns, route, inner)
        else:
            yield filled(route), ":".join([*spaces, one.name or ""]), one.callback


def filled(route):
    for kind, value in PARTS.items():
        while f"<{kind}:" in route or (not kind and "<" in route):
            start = route.index(f"<{kind}:" if kind else "<")
            route = route[:start] + value + route[route.index(">", start) + 1 :]
    return "/" + route


EVERY = list(addresses(get_resolver().url_patterns))


@pytest.fixture
def gated(settings):
    """Bound to more than loopback, failures switched on: what holds then for a client without a name."""
    settings.LAB_OPEN = settings.PRIVATE = False
    settings.FAULTS_ENABLED = True
    settings.ALLOWED_HOSTS = ["*"]
    return settings


def asked(name, method="POST", user=None):
    request = RequestFactory().generic(method, "/")
    *spaces, url_name = name.split(":")
    request.resolver_match = ResolverMatch(None, (), {}, url_name=url_name, namespaces=spaces)
    request.user = user or AnonymousUser()
    return request


def test_the_walk_finds_the_addresses():
    names = {name for _address, name, _view in EVERY}
    assert len(EVERY) > 80
    assert {"dashboard:lab", "dashboard:outbox_do", "api:create", "api:deliver", "set_language", "healthz"} <= names


@pytest.mark.parametrize("method", ACTING)
@pytest.mark.parametrize(("address", "name", "view"), EVERY, ids=[f"{name} {address}" for address, name, _v in EVERY])
def test_every_address_has_a_decision_or_only_reads(address, name, view, method):
    """What is in no table must refuse everything but GET and HEAD itself."""
    if permits.verb_of(asked(name, method)) is None:
        answer = view(RequestFactory().generic(method, address, content_type="application/json"))
        assert answer.status_code == 405, f"{method} {address}: decide in distviz/web/permits.py who may"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (address, name)
        for address, name, _view in EVERY
        if permits.VERBS.get(permits.verb_of(asked(name)) or "") == permits.OPERATORS
    ],
)
def test_what_is_for_operators_is_refused_before_anything_is_done(gated, address, name):
    """There is no database here: who gets past the gate makes a 500 or an error."""
    answer = Client().post(address, "{}", content_type="application/json")
    assert answer.status_code == 401, name
    if address.startswith("/api/"):
        body = json.loads(answer.content)
        assert body["code"] == "log_in"
        assert "Log in" in body["error"]
        assert answer["WWW-Authenticate"].startswith("Basic")
    else:
        assert b"/login/?next=" in answer.content


# What loses, breaks or forces something, whatever the table says: failures, messages, release, retry, resolve,
# what a protocol's desk does, imports.
OPERATED = {
    "api:deliver", "api:deliver_all", "api:drop", "api:duplicate", "api:import_run", "api:release", "api:reorder",
    "api:resolve", "api:retry", "dashboard:attention_act", "dashboard:attention_aside", "dashboard:attention_force",
    "dashboard:attention_retry", "dashboard:bench", "dashboard:break", "dashboard:deliver_all", "dashboard:events_do",
    "dashboard:explore", "dashboard:explore_stop", "dashboard:guards_find",
    "dashboard:import", "dashboard:message", "dashboard:outbox_do",
    "dashboard:release", "dashboard:retry", "dashboard:turning",
}  # fmt: skip


def test_what_loses_or_forces_something_is_for_operators(gated):
    posted = {name for _address, name, _view in EVERY if permits.verb_of(asked(name))}
    assert {name for name in posted if not permits.may(asked(name), permits.verb_of(asked(name)))} == OPERATED
    assert [verb for verb in ("faults", "step") if permits.allows(verb, operator=False)] == []


@pytest.mark.parametrize("prefix", ["/api", "/api/", "/x"])
def test_no_prefix_that_a_client_names_walks_around_the_gate(gated, prefix):
    """A server may be told that it stands beneath a prefix; the view is chosen by what is left of the address."""
    run = PARTS["uuid"]
    for address in (f"/runs/{run}/release/", f"/attention/runs/{run}/force/", "/outbox/stop/", "/import/"):
        answer = Client(SCRIPT_NAME=prefix).post(address, "", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 401, address
        assert b"/login/?next=" in answer.content


def test_an_address_that_nobody_has_decided_on_is_for_operators(gated):
    assert not permits.may(asked("dashboard:new"), permits.verb_of(asked("dashboard:new")))


def test_every_verb_of_the_table_exists():
    assert set(permits.VIEWS.values()) <= set(permits.VERBS)
    names = {permits.DESK if name.endswith("_do") else name for _address, name, _view in EVERY}
    assert set(permits.VIEWS) <= names


@pytest.mark.parametrize(
    ("user", "operates"),
    [
        (AnonymousUser(), False),
        (SimpleNamespace(is_active=True, is_staff=False, has_perm=lambda name: False), False),
        (SimpleNamespace(is_active=True, is_staff=True, has_perm=lambda name: False), True),
        (SimpleNamespace(is_active=True, is_staff=False, has_perm=lambda name: name == "trace.operate"), True),
        (SimpleNamespace(is_active=False, is_staff=True, has_perm=lambda name: False), False),
    ],
)
def test_who_is_an_operator(gated, user, operates):
    assert permits.may(asked("dashboard:release", user=user), "operate") is operates
    assert permits.may(asked("dashboard:lab", user=user), "run")


def test_an_open_lab_and_a_private_one_let_everybody(settings):
    assert settings.PRIVATE
    assert all(permits.allows(verb, operator=False) for verb in [*permits.VERBS, None])
    settings.PRIVATE = False
    assert all(permits.allows(verb, operator=False) for verb in [*permits.VERBS, None])


@pytest.mark.parametrize(
    "wanted",
    [
        Withdrawal("saga", "alice", 1, faults=[FaultSpec("payment.in_tx", "crash")]),
        Withdrawal("saga", "alice", 1, mode="step"),
    ],
)
def test_a_run_with_failures_or_in_step_mode_is_refused_at_the_doorway(gated, monkeypatch, wanted):
    made = []
    monkeypatch.setattr(doorway.asking, "ask_each", lambda wanted, **more: made.append(wanted) or wanted)
    plain = Withdrawal("saga", "alice", 1)
    for client, error in (("client:a", NotLoggedIn), ("user:7", Forbidden)):
        with pytest.raises(error):
            doorway.ask_each(doorway.Asker(client, "s"), [(plain, ""), (wanted, "")])
    assert made == []  # none of a race is made, if one may not be
    doorway.ask(doorway.Asker("user:1", "s", operator=True), wanted)
    doorway.ask(doorway.Asker("client:a", "s"), plain)
    assert len(made) == 2


def test_a_socket_takes_no_commands():
    """They only send: whatever a client says is counted, and that is all."""
    kinds = [pattern.callback.consumer_class for pattern in routing.websocket_urlpatterns]
    assert len(kinds) == 3
    for kind in kinds:
        said = kind.receive if issubclass(kind, consumers.LiveConsumer) else None
        assert said is None or said is consumers.LiveConsumer.receive


def test_what_one_may_not_is_not_offered(gated):
    page = Client().get("/login/")
    assert b"only-looks" in page.content
    assert b'href="/login/?next=' in page.content
    gated.LAB_OPEN = True
    assert b"only-looks" not in Client().get("/login/").content


def test_two_clients_have_two_identities_and_one_that_comes_back_has_its_own(gated):
    first, second = Client(), Client()
    first.get("/login/"), second.get("/login/")
    known = [one.cookies[identity.COOKIE].value for one in (first, second)]
    assert len({value.partition(":")[0] for value in known}) == 2  # without the time and the signature
    assert identity.COOKIE not in first.get("/login/").cookies  # it has it already
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.COOKIES[identity.COOKIE] = known[0]
    assert identity.client(request) == f"client:{known[0].partition(':')[0]}"
    request.COOKIES[identity.COOKIE] = "x" + known[0]
    assert identity.client(request) == "address:127.0.0.1"


def test_a_program_gets_no_cookie(gated):
    assert identity.COOKIE not in Client().get("/api/nowhere").cookies
    assert identity.COOKIE not in Client().get("/healthz").cookies


def test_keys_of_two_people_do_not_meet(gated):
    """On a private lab they do, as the contract says: there is one person."""
    scopes = []
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        request = RequestFactory().post("/api/runs", REMOTE_ADDR=address)
        request.user = AnonymousUser()
        scopes.append(identity.scope(request))
    assert scopes == ["address:192.0.2.1", "address:192.0.2.2", *["address:2001:db8::/64"] * 2]
    gated.PRIVATE = True
    assert identity.scope(request) == "anonymous"
