"""A broker that hangs or is gone: nobody waits for it, and nobody gets a 500."""

import threading
import time
import uuid
from types import SimpleNamespace

import pytest
from kombu.exceptions import OperationalError

from distviz.errors import NotNow, Unavailable
from distviz.web import publishing


@pytest.fixture(autouse=True)
def _without_databases(monkeypatch):
    monkeypatch.setattr(publishing, "close_old_connections", lambda: None)


def test_what_answers_in_time_is_passed_on():
    assert publishing.patiently(lambda: 7) == 7


def test_what_hangs_is_left_alone_and_goes_on(monkeypatch):
    monkeypatch.setattr(publishing, "WITHIN_S", 0.05)
    answers, done = threading.Event(), threading.Event()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        publishing.patiently(lambda: answers.wait(20) and done.set())
    assert time.monotonic() - began < 10
    answers.set()
    assert done.wait(10)


def test_a_broker_that_is_gone_is_unavailable():
    def refused():
        raise OperationalError("Connection refused")

    with pytest.raises(Unavailable):
        publishing.patiently(refused)


def test_a_refusal_stays_what_it_is():
    def over():
        raise NotNow

    with pytest.raises(NotNow):
        publishing.patiently(over)


def test_a_run_that_could_not_be_started_is_left_to_the_sweep():
    def gone():
        raise OSError("no route to host")

    assert publishing.start(SimpleNamespace(pk=uuid.uuid4()), gone) is False
