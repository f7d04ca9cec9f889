"""Ticks while nothing is open."""

import pytest

from distviz.trace import sweeps


@pytest.fixture
def passes(monkeypatch, settings):
    """How many passes so many ticks of a second each make."""
    settings.RECOVERY_INTERVAL = 1
    now, made, open_now = [100.0], [], [False]
    monkeypatch.setattr(sweeps.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sweeps.quiet, "is_any_open", lambda: open_now[0])
    monkeypatch.setattr(sweeps, "once", lambda queue, age: made.append(queue))
    monkeypatch.setattr(sweeps, "_passed", {})

    def after(ticks, *, is_open):
        open_now[0] = is_open
        made.clear()
        for _tick in range(ticks):
            now[0] += 1
            sweeps.sweep_task("account")
            sweeps.sweep_task("payment")
        return made.count("account")

    return after


def test_while_a_run_is_open_every_tick_is_a_pass(passes):
    assert passes(10, is_open=True) == 10


def test_while_none_is_one_of_eight_is(passes):
    assert passes(24, is_open=False) == 3


def test_the_first_tick_of_an_open_run_is_one_again(passes):
    passes(3, is_open=False)
    assert passes(1, is_open=True) == 1
