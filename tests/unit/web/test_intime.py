"""A page waits for servers no longer than people do; what changes something may wait for one answer longer."""

import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from distviz import silence
from distviz.postgres import session
from distviz.web.intime import ANSWER_S, WITHIN_S, InTime


@pytest.mark.parametrize(("method", "limited"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_a_page_is_answered_in_time_whatever_stands_still(method: str, limited: bool) -> None:
    told = []

    def view(request: object) -> HttpResponse:
        limit, until = session._limit.get(), silence.deadline.get()
        told.append((limit and limit.seconds, until and until - time.monotonic()))
        return HttpResponse()

    InTime(view)(RequestFactory().generic(method, "/"))
    ((answer, left),) = told
    assert answer == (ANSWER_S if limited else None)
    assert left is not None
    assert 0 < left <= WITHIN_S <= ANSWER_S < 3
