"""A token bucket for each client, in Valkey, and in memory while that does not answer."""

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest
import redis
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.signing import get_cookie_signer
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import resolve

from distviz.dashboard.people.forms import AdminLoginForm, LoginForm
from distviz.errors import NotLoggedIn, TooMany
from distviz.story.words.sentences import english
from distviz.web import basic, costs, identity, limits, logins, shares
from distviz.web.shares import Share

RUN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Valkey does not answer; how often it was asked."""
    asked: list[int] = []

    def fails(*args: object) -> None:
        asked.append(1)
        raise redis.ConnectionError

    monkeypatch.setattr(shares.live, "client", lambda: SimpleNamespace(eval=fails))
    monkeypatch.setattr(shares, "_quiet_until", 0.0)
    monkeypatch.setattr(logins, "WRONG", Share("logins", size=3, rate=0.01))
    return asked


def test_the_limit_holds_in_memory_too(silent):
    share = Share("test", size=3, rate=0.1)
    assert [share.take("a") for _turn in range(3)] == [0, 0, 0]
    assert 9 < share.take("a") <= 10
    assert share.take("b") == 0
    share.charge("a", -1)
    assert share.take("a") == 0
    assert len(silent) == 1  # and it is not asked each time while it is away


def test_what_is_charged_may_be_missing_and_is_waited_for():
    share = Share("test", size=3, rate=0.1)
    assert [share.wait("a", 3) for _turn in range(3)] == [0, 0, 0]  # nothing is taken
    share.charge("a", 5)
    assert 29 < share.wait("a") <= 30
    share.charge("a", 50)  # a debt is as large as the bucket at most
    assert 39 < share.wait("a") <= 40


def test_a_wish_larger_than_the_bucket_is_all_of_it():
    share = Share("test", size=3, rate=0.1)
    assert share.take("a", 50) == 0
    assert share.take("a", 1) > 0


def costly(path, limit, settings, client="192.0.2.1", cookie="", user=None):
    settings.COSTLY_PER_MINUTE, settings.PRIVATE = limit, False
    request = RequestFactory().get(path, REMOTE_ADDR=client)
    request.user, request.resolver_match = user or AnonymousUser(), resolve(path.partition("?")[0])
    if cookie:
        request.COOKIES[identity.COOKIE] = get_cookie_signer(identity.COOKIE + identity.SALT).sign(cookie)
    costs.spend(request)


def until_refused(call):
    """How many go through before one does not."""
    for number in range(200):
        try:
            call(number)
        except TooMany:
            return number
    raise AssertionError("it is free")


def test_what_costs_processor_time_has_a_share(settings):
    for _turn in range(2):
        costly("/api/books", 41, settings)
    with pytest.raises(TooMany) as refusal:
        costly("/api/books", 41, settings)
    assert refusal.value.reason.code == "too_costly"
    assert refusal.value.retry_after > 10
    assert "COSTLY_PER_MINUTE: 41" in english(refusal.value.reason)
    costly("/runs/", 41, settings)
    costly("/api/books", 41, settings, client="192.0.2.2")
    costly("/api/books", 0, settings)  # no limit, as on a private lab


def test_a_new_cookie_brings_no_new_share(settings):
    """A page hands out one to whoever comes without: of all together at one address there is a limit too."""

    def books(number):
        costly("/api/books", 53, settings, client="192.0.2.5", cookie=f"cookie-{number}")

    assert until_refused(books) == math.floor(53 / 2 * identity.CROWD / 10)
    costly("/api/books", 53, settings, client="192.0.2.6", cookie="cookie-1000")
    user = SimpleNamespace(is_authenticated=True, pk=7)  # cannot throw the name away
    costly("/api/books", 53, settings, client="192.0.2.5", user=user)


def test_who_has_nothing_left_takes_nothing_from_others(settings):
    for _turn in range(90):
        with suppress(TooMany):
            costly("/api/books", 59, settings, client="192.0.2.5", cookie="greedy")
    costly("/api/books", 59, settings, client="192.0.2.5", cookie="another")


@pytest.mark.parametrize("network", ["192.0.2.7", "2001:db8::/64"])
def test_nor_does_it_bring_more_runs(settings, network):
    settings.RUNS_PER_SECOND = 2
    made = until_refused(lambda number: limits.spend(f"client:{network}-{number}", network))
    assert 2 * identity.CROWD <= made < 20 + 2 * identity.CROWD
    limits.spend("user:7", network)
    limits.spend("client:new", "198.51.100.1")


def test_a_race_takes_the_tokens_of_all_its_runs_or_none(settings, monkeypatch):
    settings.RUNS_PER_SECOND = 8
    monkeypatch.setattr(limits, "_buckets", limits.Buckets())
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 100.0))
    for _turn in range(2):
        limits.spend("user:7", "", 3)
    for _turn in range(5):
        with pytest.raises(TooMany):
            limits.spend("user:7", "", 3)
    limits.spend("user:7", "", 2)  # the refused ones have taken nothing
    settings.RUNS_PER_SECOND = 2
    limits.spend("user:8", "", 6)  # a bucket that never holds so many is emptied


def test_a_verification_costs_most(settings):
    costly("/events/?verify=1", 43, settings)
    with pytest.raises(TooMany):
        costly("/events/?verify=1", 43, settings)


def test_it_is_one_only_where_something_is_verified(settings):
    for _turn in range(30):
        costly("/runs/?verify=1", 61, settings)


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{RUN}/?probe",
        f"/runs/{RUN}/panels/",
        "/lab/saga/panels/",
        "/compare/frame/?runs=x",
        "/learn/one-or-many/?run=x",
        "/learn/one-or-many/frame/?run=x",
        "/api/inbox",
        "/api/outbox",
        "/api/dead-letters",
    ],
)
def test_the_same_is_not_free_at_another_address(settings, path):
    assert until_refused(lambda _number: costly(path, 67, settings, client=f"client of {path}")) > 10


@pytest.mark.parametrize(
    ("path", "method", "least"),
    [
        (f"/runs/{RUN}/export.svg", "GET", 2),
        (f"/runs/{RUN}/export.json", "GET", 2),
        ("/compare/export.csv", "GET", 2),
        ("/compare/?runs=x", "GET", 1),
        ("/import/", "POST", 5),
        ("/api/imports", "POST", 5),
        (f"/import/{RUN}/", "GET", 2),
        (f"/import/{RUN}/export.html", "GET", 2),
        (f"/runs/{RUN}/probe/", "GET", 1),
        (f"/api/runs/{RUN}/probe", "GET", 1),
        ("/api/books", "GET", 10),
        ("/api/books?complete=1", "GET", 20),
        ("/lab/saga/books/", "GET", 0.5),
        ("/events/?verify=1", "GET", 20),
        ("/api/in-doubt", "GET", 1),
    ],
)
def test_what_a_look_costs(path, method, least):
    """Whatever the table says: imports, exports, comparisons, verifications, books and probes are never free."""
    request = RequestFactory().generic(method, path)
    request.resolver_match = resolve(path.partition("?")[0])
    assert costs._points(request) >= least


def test_pages_that_are_open_do_not_run_into_the_limit(settings):
    """What templates ask for by themselves, each second, while there is something new all the time: three tabs of a
    lab and one of a race."""
    often = {"/lab/saga/panels/": 6.6, "/compare/frame/?runs=x": 4.8, f"/runs/{RUN}/probe/": 0.7}
    points = 0.0
    for path, a_second in often.items():
        request = RequestFactory().get(path)
        request.resolver_match = resolve(path.partition("?")[0])
        points += costs._points(request) * a_second * 60
    assert 0 < points <= 240


def test_a_refusal_says_when_in_json_and_on_a_page(settings, monkeypatch):
    settings.COSTLY_PER_MINUTE, settings.PRIVATE, settings.ALLOWED_HOSTS = 47, False, ["*"]
    monkeypatch.setattr(costs, "_points", lambda request: 100)
    visitor = Client()
    visitor.get("/api/nowhere")
    answer = visitor.get("/api/nowhere")
    assert (answer.status_code, json.loads(answer.content)["code"]) == (429, "too_costly")
    assert int(answer["Retry-After"]) > 10
    page = Client(REMOTE_ADDR="192.0.2.9")
    page.get("/login/")
    assert page.get("/login/").status_code == 200  # now it has a cookie, and a share of its own
    answer = page.get("/login/")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 10


def basically(text):
    request = RequestFactory().post("/api/runs", headers={"authorization": text})
    request.user = AnonymousUser()
    basic.log_in(request)
    return request.user


@pytest.mark.parametrize("text", ["Basic", "Basic ***", "Basic /w==", "Basic YQ==", "Basic AGE6Yg=="])
def test_credentials_that_are_none(monkeypatch, text):
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: None)
    with pytest.raises(NotLoggedIn) as refusal:
        basically(text)
    assert refusal.value.reason.code == "wrong_password"


def test_passwords_are_not_found_by_trying(monkeypatch):
    """Before a password is looked at: to check one costs processor time on purpose."""
    looked = []
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: looked.append(who))
    for _turn in range(3):
        with pytest.raises(NotLoggedIn):
            basically("Basic YTpi")
    with pytest.raises(TooMany) as refusal:
        basically("Basic YTpi")
    assert refusal.value.reason.code == "too_many_logins"
    assert looked == [{"username": "a", "password": "b"}] * 3


def test_who_knows_the_password_may_call_often(monkeypatch):
    user = SimpleNamespace(is_authenticated=True)
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: user)
    assert [basically("Basic YTpi") for _turn in range(9)] == [user] * 9


def together(count, call):
    """What each of so many calls at once returns or raises."""
    ready = threading.Barrier(count)

    def one(_number):
        ready.wait(20)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_who_knows_the_password_may_call_in_parallel(monkeypatch):
    user = SimpleNamespace(is_authenticated=True)
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: time.sleep(0.05) or user)
    assert together(20, lambda: basically("Basic YTpi")) == [user] * 20


def test_wrong_passwords_in_parallel_are_hardly_more(monkeypatch):
    """Those that are looked at beyond the limit are waited for afterwards."""
    looked = []
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: time.sleep(0.05) or looked.append(who))
    kinds = [type(error) for error in together(20, lambda: basically("Basic YTpi"))]
    assert 3 <= len(looked) < 3 + logins.AT_ONCE
    assert kinds.count(NotLoggedIn) == len(looked)
    assert kinds.count(TooMany) == 20 - len(looked)
    assert logins.WRONG.wait("127.0.0.1") > 100 * (len(looked) - 3)
    assert not logins._turns._used


def test_a_password_that_no_database_could_check_was_no_attempt(monkeypatch):
    def silent(request, **who):
        raise OperationalError

    monkeypatch.setattr(basic, "authenticate", silent)
    for _turn in range(9):
        with pytest.raises(OperationalError):
            basically("Basic YTpi")
    user = SimpleNamespace(is_authenticated=True)
    monkeypatch.setattr(basic, "authenticate", lambda request, **who: user)
    assert basically("Basic YTpi") is user


def test_who_does_not_get_a_turn_is_told_to_come_later(monkeypatch):
    monkeypatch.setattr(logins, "TURN_S", 0.05)
    with ExitStack() as taken:
        for _turn in range(logins.AT_ONCE):
            taken.enter_context(logins.attempt("127.0.0.1", NotLoggedIn))
        with pytest.raises(TooMany):
            basically("Basic YTpi")


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_a_form_that_is_not_looked_at_is_a_429(monkeypatch, path):
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", lambda request, **who: None)
    visitor, form = Client(), {"username": "a", "password": "b"}
    answers = [visitor.post(path, form) for _turn in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) > 60
    assert "Too many attempts. Try again in" in answers[3].content.decode()
    assert "Retry-After" not in answers[2]
    assert visitor.get(path).status_code == 200


def test_the_form_is_paced_too(monkeypatch):
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", lambda request, **who: None)
    request = RequestFactory().post("/login/")
    errors = [LoginForm(request, {"username": "a", "password": "b"}).errors["__all__"][0] for _turn in range(4)]
    assert errors[2].startswith("Please enter a correct")
    assert errors[3].startswith("Too many attempts. Try again in")


def test_the_admin_is_paced_too():
    assert admin.site.login_form is AdminLoginForm
