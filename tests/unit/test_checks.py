"""What the lab checks of a protocol's shape: the installed ones keep it, and a mistake is told with its module."""

from dataclasses import replace

import pytest
from django.apps import apps

from distviz.stack.rights import RIGHTS
from protocols import checks
from protocols.registry import PROTOCOLS

KEY = next(key for key in PROTOCOLS if list(apps.get_app_config(key).get_models()))


def told(monkeypatch: pytest.MonkeyPatch, **changed: object) -> list[str]:
    monkeypatch.setitem(PROTOCOLS, KEY, replace(PROTOCOLS[KEY], **changed))  # type: ignore[arg-type]
    return [found.msg for found in checks.check()]


def test_the_installed_ones_keep_it() -> None:
    assert checks.check() == []


def test_a_lane_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [replace(PROTOCOLS[KEY].steps[0], lane="nowhere")]
    [said] = told(monkeypatch, steps=steps)
    assert said.startswith(f"protocols.{KEY}.protocol: the step")
    assert "'nowhere'" in said


def test_another_s_request(monkeypatch: pytest.MonkeyPatch) -> None:
    other = next(protocol for key, protocol in PROTOCOLS.items() if key != KEY)
    assert "a message of its own" in told(monkeypatch, request=other.request)[0]


def test_what_the_api_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the API cannot say what it is" in told(monkeypatch, performance=object())[0]


def test_a_table_that_nobody_may_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    model = next(iter(apps.get_app_config(KEY).get_models()))
    monkeypatch.delitem(RIGHTS, checks._table(model))
    assert f"nobody may write to {model._meta.db_table}" in told(monkeypatch)[0]
