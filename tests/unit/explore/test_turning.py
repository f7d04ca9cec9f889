"""The point of no return, told from tries that are written down here."""

import uuid

import pytest

from distviz.explore import ends, turning
from distviz.explore.dying import death
from distviz.explore.failures import Failure
from distviz.explore.kinds import DIES, PLAIN
from distviz.explore.models import Exploration, Try
from distviz.explore.turning import HAPPENS, HAPPENS_NOT, Turning

GOOD = {
    "paid": (ends.KEPT, ends.PAID),
    "back": (ends.MADE_GOOD, ends.BACK),
    "nothing": (ends.DECLINED, ends.NOTHING),
    "lost": (ends.LOST, ""),
    "unknown": (ends.UNKNOWN, ""),
}


def told(*how: str) -> Turning:
    """One try for each point; "" is still to come."""
    points = [f"p{number}" for number in range(len(how))]
    tries = [Try(number=0, kind=PLAIN, failures=[], met=points)]
    for number, (point, one) in enumerate(zip(points, how, strict=True), start=1):
        if one:
            end, money = GOOD[one]
            what = [[point, "crash", 4]]
            tries.append(Try(number=number, kind=DIES, failures=what, run_id=uuid.uuid4(), end=end, money=money))
    return turning.of(Exploration(met=points), tries)


def test_from_the_point_of_no_return_on_every_death_ends_alike() -> None:
    found = told("nothing", "paid", "back", "paid", "paid")
    assert found.certain
    assert (found.certain.point, found.certain.happens) == ("p3", HAPPENS)
    undone = told("paid", "back", "nothing")
    assert undone.certain
    assert (undone.certain.point, undone.certain.happens) == ("p1", HAPPENS_NOT)


@pytest.mark.parametrize("how", [("nothing", "lost"), ("nothing", "", "paid"), ("nothing", "unknown", "paid"), ()])
def test_there_is_none_while_it_is_not_known_of_each_point(how: tuple[str, ...]) -> None:
    assert told(*how).certain is None


def test_the_step_itself_decides_and_nothing_that_is_done_at_the_same_time() -> None:
    found = told("back", "paid", "paid")
    for one, point in zip(found.deaths, ("payment.in_tx", "projector.in_batch", "payment.after_commit"), strict=True):
        object.__setattr__(one, "point", point)
    assert found.certain
    assert found.certain.point == "payment.after_commit"


def test_the_window_in_which_money_is_lost() -> None:
    found = told("nothing", "lost", "lost", "paid")
    assert [one.point for one in found.losing] == ["p1", "p2"]
    assert found.safe
    assert found.safe.point == "p3"
    assert told("nothing", "lost").safe is None
    assert told("nothing", "paid").safe is None
    assert found.as_dict()["no_return"] == {"point": "p3", "withdrawal": HAPPENS}
    assert (found.as_dict()["loses"], found.as_dict()["safe_from"]) == (["p1", "p2"], "p3")


def test_a_try_that_never_came_to_its_point_says_nothing() -> None:
    found = told("nothing", "paid")
    assert found.deaths[1].tried
    found.deaths[1].tried.fired = False
    assert (found.deaths[1].end, found.deaths[1].happens) == ("", "")
    assert turning.of(Exploration(met=["p0", "p1"]), [one.tried for one in found.deaths if one.tried]).certain is None


def test_to_die_for_good_is_to_die_at_each_attempt_or_to_be_lost() -> None:
    assert death("payment.in_tx", 4) == Failure("payment.in_tx", "crash", 4)
    assert death("message.MoneyDeducted", 4) == Failure("message.MoneyDeducted", "drop")
    assert death("nowhere", 4) is None
