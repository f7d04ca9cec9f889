"""Pictures that are kept: the picture after n events is the same, however one comes to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from distviz.dashboard import kept_pictures
from distviz.story.picture import markup
from distviz.story.picture.picture import Picture
from tests.support.made_up_run import Log, Plan, Run

NUMBER = UUID(int=9)


@dataclass(frozen=True)
class KnownRun(Run):
    pk: UUID = NUMBER
    protocol: str = "saga"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many events were read from the log, question by question."""
    log = Log()
    for number in range(30):
        log.deducted().sent("account", "payment", "MoneyDeducted", mid=str(number))
        log("payment", "message", "received", "MoneyDeducted", caused_by=len(log.events))
    log.finished("succeeded", "consistent")
    reads: list[int] = []

    def events(run: Any, after: int, upto: int | None) -> list[Any]:
        found = log.events[after:upto]
        reads.append(len(found))
        return found

    monkeypatch.setattr(kept_pictures, "_events", events)
    monkeypatch.setattr(kept_pictures.registry, "get", lambda key: Plan())
    kept_pictures._kept.clear()
    yield reads
    kept_pictures._kept.clear()


def whole(picture: Picture) -> str:
    return markup.draw(picture, picture.rows)


def last_seq(picture: Picture) -> int:
    return picture.last_seq


def test_every_step_is_what_a_fresh_fold_says(asked: list[int]) -> None:
    everything = kept_pictures.of(KnownRun())
    for step in (1, 24, 25, 26, 60, len(everything.rows)):
        fresh = Picture(KnownRun(), Plan())
        fresh.feed_all(kept_pictures._events(None, 0, step))
        assert whole(kept_pictures.of(KnownRun(), step)) == whole(fresh)


def test_a_step_reads_few_events_and_the_whole_none_twice(asked: list[int]) -> None:
    kept_pictures.of(KnownRun())
    asked.clear()
    kept_pictures.of(KnownRun())
    kept_pictures.of(KnownRun(), 70)
    assert sum(asked) <= 1 + kept_pictures.EVERY


def test_the_whole_log_is_not_read_again(asked: list[int]) -> None:
    picture = kept_pictures.of(KnownRun())
    asked.clear()
    log, _failure = kept_pictures.whole_log(KnownRun())
    assert [event.seq for event in log] == [row.seq for row in picture.rows]
    assert sum(asked) <= 1


def test_a_later_step_that_is_not_there_is_the_last_one(asked: list[int]) -> None:
    assert kept_pictures.of(KnownRun(), 9999).last_seq == kept_pictures.of(KnownRun()).last_seq


def test_one_reader_does_not_change_what_another_sees(asked: list[int]) -> None:
    mine = kept_pictures.of(KnownRun(), 10)
    before = whole(kept_pictures.of(KnownRun(), 10))
    mine.feed_all(kept_pictures._events(None, 10, 40))
    assert whole(kept_pictures.of(KnownRun(), 10)) == before


def test_a_log_that_forgot_its_end_is_read_anew(asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What came instead of the lost events has their numbers."""
    kept_pictures.of(KnownRun())
    other = Log().deducted().finished("failed", "consistent", missing="0.00")
    monkeypatch.setattr(kept_pictures, "_events", lambda run, after, upto: other.events[after:upto])
    assert kept_pictures.of(KnownRun()).status == "failed"


def test_the_oldest_are_forgotten_first(asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pictures, "KEPT", 200)
    for number in range(3):
        kept_pictures.of(KnownRun(pk=UUID(int=number)))
    kept_pictures.of(KnownRun(pk=UUID(int=3)))
    assert UUID(int=0) not in {key[0] for key in kept_pictures._kept}


def test_events_in_hand_are_not_read_again(asked: list[int]) -> None:
    log = kept_pictures._events(None, 0, None)
    asked.clear()
    assert kept_pictures.of(KnownRun(), 40, log).last_seq == 40
    assert kept_pictures.use_past(NUMBER, 60, log[40:60], last_seq) == 60
    assert kept_pictures.use_past(NUMBER, 50, log[45:50], whole) == kept_pictures.use_past(NUMBER, 60, [], whole)
    assert whole(kept_pictures.of(KnownRun(), 40, log)) == whole(kept_pictures.of(KnownRun(), 40))
    assert asked == [15]  # the last one, without a log: from the copy after event 25 on


def test_a_gap_before_the_events_in_hand_is_read(asked: list[int]) -> None:
    log = kept_pictures._events(None, 0, None)
    kept_pictures.of(KnownRun(), 10)
    asked.clear()
    assert kept_pictures.use_past(NUMBER, 50, log[45:50], last_seq) == 50
    assert asked == [41]
