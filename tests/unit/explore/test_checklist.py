"""The five rules of the checklist, read off tries that are written down here."""

import re
import uuid
from typing import Any

import pytest

from distviz.codes import Reason
from distviz.explore import checklist, ends, failures, handled, kinds, telling
from distviz.explore.checklist import BOOKS, COPIES, DRIVEN_ON, HANDLED, KEYS, TRANSACTIONS, Item
from distviz.explore.failures import Failure
from distviz.explore.models import DONE, RUNNING, STOPPED, Exploration, Try
from distviz.story.words.sentences import english
from distviz.trace.messages import TYPES, Message

ATTEMPTS = 4
MET = ["message.WithdrawalRequested", "account.in_tx", "message.MoneyDeducted", "payment.in_tx"]
GONE = Reason.of("explore_lost", taken="100.00", paid="0.00")
COPY = Failure("message.MoneyDeducted", "duplicate")
DROP = Failure("message.MoneyDeducted", "drop")
CRASH, OFTEN = Failure("payment.in_tx", "crash"), Failure("payment.in_tx", "crash", ATTEMPTS)
LEFT_OUT = "left out"


@pytest.fixture(autouse=True)
def log_says(monkeypatch: pytest.MonkeyPatch) -> list[Reason]:
    """What the log of the run without a failure says of its steps."""
    said: list[Reason] = []
    monkeypatch.setattr(handled, "apart", lambda run_id: said)
    return said


def tried(number: int, kind: str, *what: Failure, end: str = ends.KEPT, fired: bool = True) -> Try:
    return Try(
        number=number,
        kind=kind,
        failures=[one.as_list() for one in what],
        run_id=uuid.uuid4(),
        end=end,
        fired=fired,
        wrong=[GONE.as_json()] if end in ends.BAD else [],
        took_ms=12,
    )


def explored(changed: dict[Failure, str] | None = None, met: list[str] = MET) -> list[Try]:
    """Every single failure at these points, all of them kept but for what is `changed`."""
    changed = changed or {}
    every = enumerate(failures.at(met, ATTEMPTS), 1)
    singles = [tried(n, kinds.SINGLE, one, end=changed.get(one, ends.KEPT)) for n, one in every]
    return [tried(0, kinds.PLAIN), *(one for one in singles if one.end != LEFT_OUT)]


def read(
    tries: list[Try], state: str = DONE, met: list[str] = MET, protocol: str = "saga", **asked: Any
) -> dict[str, Item]:
    planned = 1 + len(failures.at(met, ATTEMPTS))
    exploration = Exploration(
        protocol=protocol, state=state, met=met, planned=planned, asked={"attempts": ATTEMPTS, **asked}
    )
    return {one.key: one for one in checklist.of(exploration, tries)}


def states(items: dict[str, Item]) -> dict[str, str]:
    return {key: one.state for key, one in items.items() if one.state != checklist.TICKED}


def test_each_is_ticked_when_everything_that_belongs_to_it_was_tried_and_ended_well() -> None:
    items = read(explored())
    assert tuple(items) == KEYS
    assert states(items) == {}
    assert (items[COPIES].tried, items[COPIES].of) == (2, 2)
    assert (items[DRIVEN_ON].tried, items[TRANSACTIONS].tried) == (2, 8)


@pytest.mark.parametrize(
    ("failure", "end", "broken"),
    [
        (COPY, ends.LOST, {COPIES, BOOKS}),
        (COPY, ends.BROKEN, {COPIES, BOOKS}),
        (CRASH, ends.LOST, {TRANSACTIONS, BOOKS}),
        (OFTEN, ends.LOST, {TRANSACTIONS, BOOKS}),
        (CRASH, ends.BROKEN, {BOOKS}),  # the money is right
        (CRASH, ends.PERSON, set()),
        (DROP, ends.LOST, {DRIVEN_ON, BOOKS}),
        (DROP, ends.PERSON, {DRIVEN_ON}),  # somebody had to press
        (DROP, ends.MADE_GOOD, set()),
        (Failure("payment.in_tx", "decline"), ends.BROKEN, {BOOKS}),
    ],
)
def test_what_ended_badly_takes_the_tick_off_its_own_item(failure: Failure, end: str, broken: set[str]) -> None:
    items = read(explored({failure: end}))
    assert states(items) == dict.fromkeys(broken, checklist.NOT_TICKED)
    assert all(items[key].failure.what == [failure] for key in broken)  # type: ignore[union-attr]


def test_the_smallest_failure_is_named_lost_money_first() -> None:
    often, once = Failure("account.in_tx", "error", ATTEMPTS), CRASH
    items = read(explored({often: ends.LOST, once: ends.LOST, COPY: ends.BROKEN}))
    assert items[TRANSACTIONS].failure.what == [once]  # type: ignore[union-attr]
    assert items[BOOKS].failure.what == [once]  # type: ignore[union-attr]


@pytest.mark.parametrize("state", [RUNNING, STOPPED])
@pytest.mark.parametrize(("failure", "key"), [(COPY, COPIES), (CRASH, TRANSACTIONS), (DROP, DRIVEN_ON)])
def test_what_was_not_tried_is_not_known(failure: Failure, key: str, state: str) -> None:
    items = read(explored({failure: LEFT_OUT}), state)
    assert states(items) == dict.fromkeys((key, BOOKS), checklist.NOT_KNOWN)
    why = {RUNNING: "1 of %d still to come", STOPPED: "stopped with 1 of %d untried"}[state]
    assert english(items[key].why) == why % items[key].of


@pytest.mark.parametrize(("failure", "key"), [(COPY, COPIES), (CRASH, TRANSACTIONS), (DROP, DRIVEN_ON)])
def test_what_was_not_over_in_time_or_never_came_to_its_failure_is_not_known(failure: Failure, key: str) -> None:
    assert states(read(explored({failure: ends.UNKNOWN}))) == dict.fromkeys((key, BOOKS), checklist.NOT_KNOWN)
    tries = explored()
    next(one for one in tries if one.what == [failure]).fired = False
    assert states(read(tries)) == {key: checklist.NOT_KNOWN}


def test_before_anything_is_learnt_only_the_code_is_known() -> None:
    items = read([], RUNNING, met=[])
    assert states(items) == dict.fromkeys(set(KEYS) - {HANDLED}, checklist.NOT_KNOWN)
    assert {english(items[key].why) for key in RULED} == {"what a run meets is still to be learnt"}


RULED = (COPIES, TRANSACTIONS, DRIVEN_ON)


def test_the_books_are_known_only_after_they_were_asked_once_more() -> None:
    assert states(read(explored(), RUNNING)) == {BOOKS: checklist.NOT_KNOWN}
    assert states(read(explored(), STOPPED)) == {BOOKS: checklist.NOT_KNOWN}


def test_where_there_is_nothing_to_try_it_says_so() -> None:
    met = ["payment.in_tx"]
    assert states(read(explored(met=met), met=met)) == dict.fromkeys((COPIES, DRIVEN_ON), checklist.NOTHING)


def test_a_pair_counts_where_neither_half_is_bad() -> None:
    decline, copy = Failure("payment.in_tx", "decline"), Failure("message.PaymentFailed", "duplicate")
    pair = tried(10_000, kinds.PAIR, decline, copy, end=ends.LOST)
    assert states(read([*explored(), pair], pairs=True)) == dict.fromkeys((COPIES, BOOKS), checklist.NOT_TICKED)
    assert COPIES not in states(read([*explored({decline: ends.BROKEN}), pair], pairs=True))


def test_copies_that_are_handled_meanwhile_belong_to_it_if_they_were_asked_for() -> None:
    meanwhile = failures.copied(MET)
    assert meanwhile
    assert "while the first one is held" in english(read(explored())[COPIES].notes[-1])
    assert states(read(explored(), rivals=True)) == {COPIES: checklist.NOT_KNOWN}
    copies = [tried(n, kinds.COPY, *what) for n, what in enumerate(meanwhile, kinds.FIRST[kinds.COPY])]
    assert states(read([*explored(), *copies], rivals=True)) == {}
    copies[0].end = ends.LOST
    items = read([*explored(), *copies], rivals=True)
    assert items[COPIES].failure is copies[0]
    assert TRANSACTIONS not in states(items), "the process did not fail"


def test_what_no_run_met_is_said_not_to_be_tried() -> None:
    notes = [english(note) for note in read(explored())[DRIVEN_ON].notes]
    assert len(notes) == 1
    assert all(name in notes[0] for name in ("PaymentFailed", "MoneyRefunded"))
    assert "MoneyDeducted" not in notes[0]


def test_a_message_that_nobody_handles_is_named_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Base(Message):
        protocol = "saga"

    class Forgotten(Base):
        """Nobody reacts to it; and none need react to what it is made from."""

    monkeypatch.setattr(handled, "TYPES", dict(TYPES))
    for kind in (Base, Forgotten):
        TYPES.pop(kind.wire_type())
    item = read(explored())[HANDLED]
    assert (item.state, item.of - item.tried) == (checklist.NOT_TICKED, 1)
    [found] = item.unhandled
    assert found.message == "Forgotten"
    assert re.fullmatch(r"tests/unit/explore/test_checklist\.py:\d+", found.where)


@pytest.mark.parametrize("protocol", ["monolith", "two_phase", "tcc", "outbox", "event_sourcing", "dual_write"])
def test_in_no_protocol_of_this_lab_is_one(protocol: str) -> None:
    assert handled.messages(protocol)
    assert handled.unhandled(protocol) == []


GUARD = "INSERT INTO inbox (consumer, …"
PAYS = "INSERT INTO payments (withdrawal_id, …"


def step(name: str, *statements: str, span: str = "a", money: bool = False) -> dict[str, Any]:
    data = {"money": {"payment:payments/1": {"paid": "100.00"}} if money else {}}
    return {"name": name, "span_id": span, "lane": "payment", "statements": list(statements), "data": data}


def test_a_guard_that_was_committed_apart_from_its_effect_is_named_by_its_step() -> None:
    apart = [step("look", GUARD), step("charge", PAYS, money=True)]
    [found] = handled._apart(apart)
    assert (found.params["guard"], found.params["effect"]) == ("look", "charge")
    for together_or_others in (
        [step("charge", GUARD, PAYS, money=True)],
        [step("look", GUARD), step("charge", PAYS, span="b", money=True)],  # of another message
        [step("look", GUARD), step("settle", "SELECT …", money=True)],  # looked up, not paid
    ):
        assert not list(handled._apart(together_or_others))


def test_it_is_told_to_the_terminal_and_to_programs(log_says: list[Reason]) -> None:
    log_says.append(Reason.of("checklist_apart", who="payment", guard="look", effect="charge"))
    exploration = Exploration(protocol="saga", state=DONE, met=MET, asked={"attempts": ATTEMPTS})
    tries = explored({CRASH: ends.LOST})
    lines = list(telling.items(exploration, tries))
    place = next(n for n, line in enumerate(lines) if "[ ] Every effect" in line)
    assert lines[place].endswith("payment.in_tx:crash: lost; $100.00 taken, $0.00 paid")
    assert lines[place + 1].strip().endswith("--fault payment.in_tx:crash")
    assert re.fullmatch(r"/runs/[0-9a-f-]{36}/", lines[place + 2].strip())
    assert "“look”" in lines[place + 3]
    assert sum("[x]" in line for line in lines) == 3

    told = telling.checked(exploration, tries)["checklist"]
    assert [one["key"] for one in told] == list(KEYS)
    item = told[KEYS.index(TRANSACTIONS)]
    assert (item["state"], item["failure"]["failures"][0]["at"]) == ("not_ticked", "payment.in_tx")
