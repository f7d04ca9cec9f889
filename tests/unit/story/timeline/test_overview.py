"""One run to scale: its lines, the critical path, round ticks that do not collide, a window that looks closer."""

from datetime import timedelta
from itertools import pairwise

import pytest

from distviz.story.timeline.labels import DESK, PHONE, TABLET
from distviz.story.timeline.overview import Overview, overview
from distviz.story.timeline.path import critical
from distviz.story.waterfall.axis import FULL, round_times
from distviz.story.words import wording
from tests.support.made_up_run import Log, Plan, Run, moved


def a_saga() -> Log:
    log = Log().sent("api", "account", "Asked")
    log("account", "message", "received", "Asked", caused_by=2, wait_ms=40)
    log("account", "step", "begin", "deduct", caused_by=3)
    log("account", "step", "commit", "deduct", caused_by=4, data=moved("ledger", account="-100.00"), wait_ms=30)
    log("payment", "step", "begin", "charge", caused_by=5)
    return log("payment", "step", "commit", "charge", caused_by=6, data=moved("payments", paid="100.00"), wait_ms=60)


def drawn(log: Log, window: tuple[float, float] | None = None) -> Overview:
    return overview(Run(), Plan(), log.events, log.events[-1].at, window)


def test_each_lane_with_locks_has_a_line_and_says_for_how_long() -> None:
    lines = {line.name: line.total for line in drawn(a_saga()).lines}
    assert lines["Account"] == "locked 30 ms"
    assert lines["Payment"] == "locked 60 ms"
    assert lines["gap"] == "70 ms"
    assert lines["path"] == "160 ms"


def test_the_critical_path_has_no_hole_and_says_where_the_time_went() -> None:
    log = a_saga()
    legs = critical(log.events)
    assert legs[0].start == log.events[0].at
    assert legs[-1].end == log.events[-1].at
    assert all(one.end == other.start for one, other in pairwise(legs))
    assert [leg.kind for leg in legs] == ["queue", "queue", "work", "work", "work", "work"]


def test_a_back_off_of_the_path_is_no_work() -> None:
    log = a_saga()
    log("payment", "message", "received", "Paid", caused_by=7)
    log("payment", "retry", "scheduled", "charge", caused_by=8, data={"wait_ms": 500})
    log("payment", "message", "received", "Paid", caused_by=8, attempt=2, wait_ms=500)
    assert [leg.kind for leg in critical(log.events)][-2:] == ["work", "backoff"]


def test_a_run_that_goes_on_goes_on_on_its_path() -> None:
    log = a_saga()
    now = log.events[-1].at + timedelta(seconds=3)
    assert critical(log.events, now)[-1].end == now


def test_a_window_is_as_wide_as_the_chart_and_shows_only_what_is_in_it() -> None:
    whole, closer = drawn(a_saga()), drawn(a_saga(), (50, 60))
    assert not whole.zoomed
    assert closer.zoomed
    assert closer.scale == f"50.000:0,60.000:{FULL:g}"
    assert len(closer.boxes) < len(whole.boxes)
    assert all(float(box.x.rstrip("%")) + float(box.width.rstrip("%")) <= FULL + 1 for box in closer.boxes)


def test_no_tick_writes_over_another_however_long_its_words_are() -> None:
    """After minutes a time has many letters: "10 min 0.25 s" needs three times the room of "50 ms"."""
    log = a_saga()
    for _ in range(12):
        log("payment", "message", "sent", "X", wait_ms=600_000 if _ == 0 else 70)
    found = drawn(log)
    said = [(float(x.rstrip("%")), text) for x, text, _css in found.ticks if text]
    said += [(float(middle.rstrip("%")), text) for _left, _width, middle, text, _css in found.folds if text]
    assert any("min" in text for _x, text in said[:-1])
    for (x, text), (other, words) in pairwise(sorted(said)):
        assert other - x >= DESK * (len(text) + len(words)) / 2, (text, words)


def test_pauses_that_stand_side_by_side_do_not_write_over_each_other() -> None:
    log = a_saga()
    for _pause in range(4):
        log("payment", "retry", "scheduled", "charge", wait_ms=70_000)
    said = [(float(middle.rstrip("%")), text) for _x, _width, middle, text, _css in drawn(log).folds if text]
    assert said
    for (left, text), (right, other) in pairwise(said):
        assert right - left > 0.6 * (len(text) + len(other)) / 2


@pytest.mark.parametrize(
    ("letter", "hidden", "pauses"),
    [(TABLET, "minor", (165, 600_000, 300, 600_000, 70, 70)), (PHONE, "small", (5, 600_000, 150))],
)
def test_where_it_is_narrow_less_is_said_and_nothing_runs_into_anything(
    letter: float, hidden: str, pauses: tuple[int, ...]
) -> None:
    log = Log()
    for pause in pauses:
        log("payment", "message", "sent", "X", wait_ms=pause)
    found = drawn(log)
    said = [(float(x.rstrip("%")), text) for x, text, css in found.ticks if text and hidden not in css]
    if hidden == "minor":  # a phone has no words at its pauses
        said += [(float(middle.rstrip("%")), text) for *_, middle, text, css in found.folds if text and not css]
    assert said
    halves = [(x or letter * len(text) / 2, letter * len(text) / 2) for x, text in said]  # the first begins at 0
    ends = sorted((middle - half, middle + half) for middle, half in halves)
    assert all(right <= left for (_, right), (left, _) in pairwise(ends)), said
    assert hidden == "minor" or ends[-1][1] <= 102


@pytest.mark.parametrize(("start", "end"), [(0, 475), (0, 3790), (1060, 1130), (0, 161_000), (600_900, 601_400)])
def test_ticks_are_round_and_each_says_something_else(start: float, end: float) -> None:
    times = round_times(start, end)
    assert 1 <= len(times) <= 9
    assert all(start <= ms <= end for ms in times)
    said = [wording.tick(ms) for ms in times]
    assert len(set(said)) == len(said), said
