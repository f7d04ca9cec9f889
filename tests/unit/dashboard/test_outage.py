"""Pages that have to be made when a database is gone, or the program itself is broken."""

import base64

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from psycopg.errors import LockNotAvailable

from distviz.dashboard.outage import Outage
from distviz.postgres.base import Busy
from distviz.trace.models import Run


@pytest.fixture
def _no_database(monkeypatch):
    def silent(*args, **kwargs):
        raise OperationalError("connection refused at 10.0.0.1")

    monkeypatch.setattr(Run.objects, "get_queryset", silent)


@pytest.mark.usefixtures("_no_database")
@pytest.mark.parametrize("path", ["/runs/", "/runs/00000000-0000-0000-0000-000000000000/"])
def test_a_page_without_its_database_is_a_503_that_says_what_to_do(path):
    answer = Client(raise_request_exception=False).get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    text = answer.content.decode()
    assert "A database does not answer" in text
    assert "10.0.0.1" not in text


def test_a_form_is_told_that_its_fate_is_not_known():
    answer = Outage(lambda request: None).process_exception(RequestFactory().post("/"), OperationalError())
    assert "check the runs" in answer.content.decode()


@pytest.fixture(params=[OperationalError, InterfaceError])
def visitor(request, settings, monkeypatch):
    """Somebody with a session, in a lab that others reach, while the database of sessions and users is away."""
    settings.LAB_OPEN = settings.PRIVATE = False
    settings.ALLOWED_HOSTS, settings.COSTLY_PER_MINUTE = ["*"], 240

    def silent(*args, **kwargs):
        raise request.param("connection refused at 10.0.0.1")

    monkeypatch.setattr(SessionStore, "load", silent)
    monkeypatch.setattr(ModelBackend, "authenticate", silent)
    made = Client(raise_request_exception=False)
    made.cookies[settings.SESSION_COOKIE_NAME] = "0123456789abcdef0123456789abcdef"
    return made


RUN = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", f"/runs/{RUN}/export.json"),
        ("get", "/compare/?runs=x"),
        ("post", f"/runs/{RUN}/release/"),
        ("post", "/outbox/stop/"),
        ("post", "/import/"),
    ],
)
def test_the_gate_says_that_a_database_is_away(visitor, method, path):
    answer = getattr(visitor, method)(path)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "A database does not answer" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere/", 404), ("/lab/%00/", 404), ("/runs/?account=%00", 400), ("/login/", 200)]
)
def test_a_page_that_needs_no_database_is_made_without(visitor, path, status):
    """Its frame says who has logged in: nobody, while that is not known."""
    answer = visitor.get(path)
    assert answer.status_code == status
    assert 'href="/login/?next=' in answer.content.decode()
    assert "Log out" not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "password"),
    [
        ("get", "/api/books", ""),
        ("post", "/api/imports", ""),
        ("get", "/api/books", "right"),
        ("post", "/api/runs", "right"),
        ("post", f"/api/runs/{RUN}/release", "right"),
    ],
)
def test_the_api_tells_an_outage_in_json(visitor, settings, method, path, password):
    """What stands before a call is handled asks for its session, or for its user."""
    headers = {}
    if password:  # a private lab asks for the user as well
        settings.LAB_OPEN = True
        del visitor.cookies[settings.SESSION_COOKIE_NAME]
        headers["Authorization"] = f"Basic {base64.b64encode(f'olha:{password}'.encode()).decode()}"
    body = {} if method == "get" else {"data": "{}", "content_type": "application/json"}
    answer = getattr(visitor, method)(path, headers=headers, **body)
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/json"
    assert answer["Retry-After"]
    assert answer.json()["code"] == "server_silent"
    assert "unanswered" in answer.json()
    assert "10.0.0.1" not in answer.content.decode()


@pytest.fixture
def _busy(monkeypatch):
    def in_use(*args, **kwargs):
        raise OperationalError("every session is in use") from Busy()

    monkeypatch.setattr(Run.objects, "get_queryset", in_use)


@pytest.mark.usefixtures("_busy")
def test_a_crowd_is_not_told_as_an_outage():
    """Nothing has failed: the web server's own sessions are all in use."""
    page = Client(raise_request_exception=False).get("/runs/")
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert "Too many requests at once" in page.content.decode()
    assert "does not answer" not in page.content.decode()
    answer = Client(raise_request_exception=False).get(f"/api/runs/{RUN}")
    assert (answer.status_code, answer.json()["code"], answer.json()["unanswered"]) == (503, "server_busy", [])


@pytest.fixture
def _locked(monkeypatch):
    def in_use(*args, **kwargs):
        raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()

    monkeypatch.setattr(Run.objects, "get_queryset", in_use)


@pytest.mark.usefixtures("_locked")
def test_a_locked_row_is_not_told_as_an_outage():
    """The server does answer: another transaction has the row."""
    page = Client(raise_request_exception=False).get("/runs/")
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert "has locked rows" in page.content.decode()
    assert "does not answer" not in page.content.decode()
    answer = Client(raise_request_exception=False).get(f"/api/runs/{RUN}")
    assert (answer.status_code, answer.json()["code"], answer.json()["unanswered"]) == (503, "rows_in_use", [])


def test_other_mistakes_stay_what_they_are():
    assert Outage(lambda request: None).process_exception(RequestFactory().get("/"), KeyError()) is None


@pytest.mark.parametrize("template", ["500.html", "403_csrf.html", "503.html", "busy.html", "locked.html"])
def test_they_need_nothing(template):
    """No request, no session, no database: none of which there may be."""
    page = render_to_string(template)
    assert page.count("<h1>") == 1
    assert 'lang="en"' in page
