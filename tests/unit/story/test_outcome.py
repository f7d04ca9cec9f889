"""The outcome table marks the best and the worst, and never praises who lost the money."""

from decimal import Decimal

from distviz.story.measured import Interval, Measures
from distviz.story.money_strip import Money
from distviz.story.outcome import Value, fired, parts, ranks, values
from distviz.story.shapes import Lane
from tests.support.made_up_run import Log


def row(*numbers: float) -> list[Value]:
    return [Value(f"m{place}", "", "", "", number) for place, number in enumerate(numbers)]


def test_the_best_and_the_worst_are_marked() -> None:
    assert ranks([row(1), row(2), row(3)], [True] * 3) == [{"m0": "best"}, {}, {"m0": "worst"}]


def test_who_lost_the_money_is_never_the_best() -> None:
    assert ranks([row(1), row(2), row(3)], [False, True, True]) == [{}, {"m0": "best"}, {"m0": "worst"}]


def test_what_most_of_them_are_is_not_marked() -> None:
    assert ranks([row(1), row(1), row(3)], [True] * 3) == [{}, {}, {"m0": "worst"}]
    assert ranks([row(1), row(3), row(3)], [True] * 3) == [{"m0": "best"}, {}, {}]
    assert ranks([row(5), row(5)], [True] * 2) == [{}, {}]


def test_of_two_only_the_better_one_is_marked() -> None:
    assert ranks([row(1), row(2)], [True] * 2) == [{"m0": "best"}, {}]
    assert ranks([row(1)], [True]) == [{}]


def test_a_gap_that_is_never_closed_is_said_in_words() -> None:
    gap = Interval("money", "lost", 5, 90)
    assert values(Measures(intervals=(gap,), gap_open=True, over=True), {})[0].text == "permanently"
    assert values(Measures(intervals=(gap,), gap_open=True), {})[0].text == "85 ms …"
    assert values(Measures(over=True), {})[0].text == "never"


def test_locks_are_told_for_each_database() -> None:
    intervals = (Interval("account", "open", 0, 10), Interval("payment", "held", 5, 25))
    locks = values(Measures(intervals=intervals, over=True), {"account": Lane("Account"), "payment": Lane("Payment")})[
        1
    ]
    assert (locks.text, locks.note) == ("30 ms", "Account 10 ms + Payment 20 ms")


def test_where_the_money_is() -> None:
    hundred = Decimal(100)
    assert parts(Money(hundred)) == [("account", "in the account", "100.00")]
    assert parts(Money(hundred, -hundred, hundred)) == [("in_flight", "in flight", "100.00")]
    twice = Money(hundred, -hundred, paid=2 * hundred, overpaid=hundred)
    assert parts(twice) == [("paid", "paid", "200.00"), ("twice", "paid twice", "100.00")]


def test_a_fault_at_a_point_that_is_not_there_is_told() -> None:
    log = Log()
    assert fired(log.events, over=True) == "fault not reached"
    log("account", "fault", "fired", "crash", data={"at": "account.in_tx"})
    log("account", "fault", "fired", "crash", data={"at": "account.in_tx"})
    assert fired(log.events, over=True) == "crash (Account, in the transaction, before COMMIT) ×2"
