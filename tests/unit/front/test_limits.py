"""How much may come in, and who takes how much of it."""

import pytest

from distviz.codes import Reason
from distviz.front import limits, refusing
from distviz.front.limits import InUse, Limits
from distviz.imports import reading


def test_a_client_has_a_share_and_gives_it_back() -> None:
    held = InUse(Limits(connections=4, per_client=3))
    assert [held.enter("a", "a") for _turn in range(4)] == [True, True, True, False]
    assert held.enter("b", "b")
    assert not held.enter("c", "c")  # there is no room for anybody
    held.leave("a")
    assert held.enter("c", "c")
    for one in ("a", "a", "b", "c"):
        held.leave(one)
    assert not held.connections


def test_views_are_counted_apart() -> None:
    held = InUse(Limits(views_per_client=1))
    held.view("a")
    assert not held.may_view("a")
    assert held.may_view("b")
    held.view_ends("a")
    assert held.may_view("a")


def test_an_import_may_be_as_large_as_it_says() -> None:
    assert Limits().body_at(b"/api/imports") > reading.LIMIT
    assert Limits().body_at(b"/import/?a=/api/x") > reading.LIMIT
    assert Limits().body_at(b"/api/imports/") == Limits().body_at(b"/") == 64 * 1024


def test_as_many_connections_as_there_are_descriptors_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_descriptors", lambda wanted: 1024)
    found = limits.from_environment()
    assert (found.connections, found.per_client) == (768, 384)
    monkeypatch.setenv("MAX_CONNECTIONS_PER_CLIENT", "700")  # behind a proxy
    assert limits.from_environment().per_client == 700
    monkeypatch.setenv("MAX_CONNECTIONS", "many")
    with pytest.raises(SystemExit):
        limits.from_environment()


def test_programs_are_refused_in_json() -> None:
    answer = refusing.answer(413, Reason.of("body_too_large", kib=64), b"/api/runs")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "body_too_large"' in answer
    assert b"text/plain" in refusing.answer(413, Reason.of("body_too_large", kib=64), b"/")
