"""A token bucket for each client, in Valkey, and in memory while that does not answer."""

import json
from types import SimpleNamespace

import pytest
import redis
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import resolve

from distviz.dashboard.people.forms import AdminLoginForm, LoginForm
from distviz.errors import NotLoggedIn, TooMany
from distviz.story.words.sentences import english
from distviz.web import basic, costs, shares
from distviz.web.shares import Share


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Valkey does not answer; how often it was asked."""
    asked: list[int] = []

    def fails(*args: object) -> None:
        asked.append(1)
        raise redis.ConnectionError

    monkeypatch.setattr(shares.live, "client", lambda: SimpleNamespace(eval=fails))
    monkeypatch.setattr(shares, "_quiet_until", 0.0)
    monkeypatch.setattr(shares, "LOGINS", Share("logins", size=3, rate=0.01))
    return asked


def test_the_limit_holds_in_memory_too(silent):
    share = Share("test", size=3, rate=0.1)
    assert [share.take("a") for _turn in range(3)] == [0, 0, 0]
    assert 9 < share.take("a") <= 10
    assert share.take("b") == 0
    share.give_back("a")
    assert share.take("a") == 0
    assert len(silent) == 1  # and it is not asked each time while it is away


def test_a_wish_larger_than_the_bucket_is_all_of_it():
    share = Share("test", size=3, rate=0.1)
    assert share.take("a", 50) == 0
    assert share.take("a", 1) > 0


def costly(path, limit, settings, client="192.0.2.1"):
    settings.COSTLY_PER_MINUTE, settings.PRIVATE = limit, False
    request = RequestFactory().get(path, REMOTE_ADDR=client)
    request.user, request.resolver_match = AnonymousUser(), resolve(path.partition("?")[0])
    costs.spend(request)


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


def test_a_verification_costs_most(settings):
    costly("/events/?verify=1", 43, settings)
    with pytest.raises(TooMany):
        costly("/events/?verify=1", 43, settings)


def test_a_refusal_says_when_in_json_and_on_a_page(settings, monkeypatch):
    settings.COSTLY_PER_MINUTE, settings.PRIVATE, settings.ALLOWED_HOSTS = 47, False, ["*"]
    monkeypatch.setattr(costs, "_points", lambda request: 100)
    visitor = Client()
    visitor.get("/api/nowhere")
    told = visitor.get("/api/nowhere")
    assert (told.status_code, json.loads(told.content)["code"]) == (429, "too_costly")
    assert int(told["Retry-After"]) > 10
    page = Client(REMOTE_ADDR="192.0.2.9")
    page.get("/login/")
    assert page.get("/login/").status_code == 200  # now it has a cookie, and a share of its own
    told = page.get("/login/")
    assert told.status_code == 429
    assert int(told["Retry-After"]) > 10


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


def test_the_form_is_paced_too(monkeypatch):
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", lambda request, **who: None)
    request = RequestFactory().post("/login/")
    told = [LoginForm(request, {"username": "a", "password": "b"}).errors["__all__"][0] for _turn in range(4)]
    assert told[2].startswith("Please enter a correct")
    assert told[3].startswith("Too many attempts. Try again in")


def test_the_admin_is_paced_too():
    assert admin.site.login_form is AdminLoginForm
