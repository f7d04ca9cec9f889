"""Pages that have to be made when a database is gone, or the program itself is broken."""

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from distviz.dashboard.outage import Outage
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


def test_other_mistakes_stay_what_they_are():
    assert Outage(lambda request: None).process_exception(RequestFactory().get("/"), KeyError()) is None


@pytest.mark.parametrize("template", ["500.html", "403_csrf.html", "503.html"])
def test_they_need_nothing(template):
    """No request, no session, no database: none of which there may be."""
    page = render_to_string(template)
    assert page.count("<h1>") == 1
    assert 'lang="en"' in page
