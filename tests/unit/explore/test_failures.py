"""What is tried, and in which order."""

import random

from distviz.explore import failures
from distviz.explore.failures import Failure
from distviz.trace import faults

PLAIN = ["account.before_tx", "account.in_tx", "message.MoneyDeducted", "payment.in_tx"]
MET = ["account.before_tx", "account.in_tx", "message.MoneyDeducted", "payment.in_tx", "refund.in_tx"]
DECLINED = Failure("payment.in_tx", "decline")


def seconds(seed: int) -> list[Failure]:
    return list(failures.seconds(DECLINED, MET, PLAIN, 6, random.Random(seed)))


def test_every_action_at_every_point_and_what_is_tried_again_until_it_is_given_up() -> None:
    found = failures.at(["payment.in_tx", "message.MoneyDeducted", "nobody.knows"], attempts=6)
    once = {(one.at, one.do) for one in found if one.times == 1}
    assert once == {(point, do) for point in ("payment.in_tx", "message.MoneyDeducted") for do in faults.POINTS[point]}
    assert {str(one) for one in found if one.times > 1} == {"payment.in_tx:error:6", "payment.in_tx:crash:6"}


def test_the_message_that_comes_twice_is_the_one_sent_last_before_a_process_is_held() -> None:
    told = [" ".join(map(str, what)) for what in failures.copied(MET)]
    assert told == [f"{point}:hold message.MoneyDeducted:duplicate" for point in ("payment.in_tx", "refund.in_tx")]
    assert [str(one) for one in failures.held(MET)] == [f"{point}:hold" for point in MET if "message" not in point]


def test_same_seed_same_order() -> None:
    assert seconds(7) == seconds(7)
    assert seconds(7) != seconds(8)
    assert set(seconds(7)) == set(seconds(8))


def test_what_only_this_run_met_comes_first_then_what_came_after_the_failure() -> None:
    points = [one.at for one in seconds(7)]
    own, after = points.count("refund.in_tx"), [point for point in points if point == "message.MoneyDeducted"]
    assert set(points[:own]) == {"refund.in_tx"}
    assert "payment.in_tx" not in points, "two at one point would be the one that comes first"
    assert len(after) == len(faults.POINTS["message.MoneyDeducted"])

    dropped = failures.seconds(Failure("account.in_tx", "error"), PLAIN, PLAIN, 6, random.Random(7))
    order = [one.at for one in dropped]
    assert max(map(order.index, ("message.MoneyDeducted", "payment.in_tx"))) < order.index("account.before_tx")


def test_smaller_is_one_failure_less_or_one_that_happens_once() -> None:
    pair = [DECLINED, Failure("refund.in_tx", "crash", 6)]
    assert list(failures.smaller(pair)) == [[pair[1]], [pair[0]], [DECLINED, Failure("refund.in_tx", "crash")]]
    assert list(failures.smaller([DECLINED])) == []
