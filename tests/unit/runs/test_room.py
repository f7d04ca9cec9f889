"""When a place is free is said truly: from what each open run waits for."""

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from distviz.errors import TooMany
from distviz.runs import room
from distviz.runs.room import SOON_S, Client
from distviz.trace.models import Run

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def run(created=1.0, updated=1.0, **more):
    known = {"pk": uuid.uuid4(), "holding": None, "wake_at": None}
    return SimpleNamespace(**{**known, "created_at": ago(created), "updated_at": ago(updated), **more})


def test_each_ends_when_what_it_waits_for_does(settings):
    settings.WAIT_MAX_SECONDS, settings.T_TERM = 600, 30
    parked, touched = run(created=400, updated=400), run(created=500, updated=100)
    runs = [
        run(),
        parked,
        touched,
        run(created=60, holding={"since": "2026-01-01T11:59:00Z"}),
        run(wake_at=NOW + timedelta(seconds=31)),
        run(created=40),  # recovery is at it
    ]
    waiting = {parked.pk: ago(400), touched.pk: ago(500)}
    wanted = [0, 200, 500, 540, 31, 30]
    assert room.ends_of(runs, waiting, NOW) == [seconds + SOON_S for seconds in wanted]


@pytest.fixture
def full(monkeypatch, settings):
    settings.MAX_OPEN_RUNS_PER_CLIENT, settings.MAX_OPEN_RUNS, settings.PRIVATE = 40, 500, False
    monkeypatch.setattr(room, "free_in", lambda found: 123)

    def asked(wanted=1, name="client:a", network="192.0.2.7", mine=0, here=0, every=0):
        open_runs = {"client": mine, "network": here, "": every}
        monkeypatch.setattr(room, "_running", lambda whose: open_runs[next(iter(whose), "")])
        try:
            room.require(Client(name, network), wanted)
        except TooMany as error:
            return f"{error.reason.code} {error.retry_after}"
        return ""

    return asked


def test_one_client_cannot_take_the_room_of_all(full):
    """498 runs of one client in step mode locked everybody out."""
    assert full(mine=39, here=39, every=39) == ""
    assert full(mine=40, here=40, every=40) == "too_many_open 123"
    assert full(mine=0, here=40, every=40) == ""


def test_nor_can_one_address_with_many_cookies(full):
    assert full(mine=0, here=250, every=250) == "too_many_open_here 123"
    assert full(mine=0, here=249, every=500) == "too_many_open_of_all 123"


def test_a_race_has_room_for_all_of_it_or_is_not_begun(full):
    assert full(wanted=6, mine=34, here=34, every=34) == ""
    assert full(wanted=6, mine=35, here=35, every=35) == "too_many_open 123"


def test_the_command_line_has_no_share(full):
    assert full(name="", network="", mine=500, here=500, every=499) == ""


def test_to_refuse_is_cheaper_than_to_let_in():
    """Whole rows of 500 runs were read for each refusal: the rows that they wrote, their lanes, their faults."""
    assert room.looked_at(Run.objects.filter(client="client:a")).query.values_select == (
        "pk", "holding", "updated_at", "wake_at", "created_at",
    )  # fmt: skip
