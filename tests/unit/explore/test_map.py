"""The map, its words and its files, of tries that are written down here."""

import json
import uuid
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils import translation

from distviz.codes import Reason
from distviz.dashboard.explore import drawing, form, map, words
from distviz.errors import BadRequest
from distviz.explore import asked, chart, ends, exploring, kinds, orders, telling
from distviz.explore.failures import Failure
from distviz.explore.models import DONE, RUNNING, Exploration, Try
from protocols.registry import PROTOCOLS

DROP, CRASH = Failure("message.MoneyDeducted", "drop"), Failure("payment.in_tx", "crash")
OFTEN, REFUND = Failure("payment.in_tx", "crash", 6), Failure("refund.in_tx", "error")
MET = ["message.MoneyDeducted", "payment.in_tx"]
GONE = Reason.of("explore_lost", taken="100.00", paid="0.00")
_numbers = iter(range(1000))


def tried(*what: Failure, end: str = ends.KEPT, fired: bool = True, kind: str = "") -> Try:
    return Try(
        number=next(_numbers),
        kind=kind or (kinds.SINGLE if len(what) == 1 else kinds.PAIR),
        failures=[one.as_list() for one in what],
        run_id=uuid.uuid4(),
        end=end,
        fired=fired,
        wrong=[GONE.as_json()] if end in ends.BAD else [],
        took_ms=12,
    )


def cells(parts: list[chart.PathPart]) -> dict[str, str]:
    return {str(mark.failure): mark.end for part in parts for line in part.lines for mark in line.marks if mark}


def test_a_cell_for_each_failure_in_the_order_of_the_path() -> None:
    parts = chart.parts(PROTOCOLS["saga"], [tried(DROP), tried(CRASH, end=ends.LOST)], MET, 6)
    assert [part.step.key for part in parts if part.step] == ["MoneyDeducted", "charge"]
    ended = cells(parts)
    assert ended[str(DROP)] == ends.KEPT
    assert ended[str(CRASH)] == ends.LOST
    assert ended["payment.in_tx:error"] == "", "still to come"
    assert len(ended) == len(exploring.failures.at(MET, 6))


def test_what_never_came_to_its_failure_says_so() -> None:
    assert cells(chart.parts(PROTOCOLS["saga"], [tried(DROP, fired=False)], MET, 6))[str(DROP)] == chart.NOT_MET


def test_pairs_stand_behind_both_their_cells_and_are_bad_only_if_neither_half_is() -> None:
    tries = [tried(DROP), tried(CRASH), tried(DROP, CRASH, end=ends.LOST), tried(DROP, REFUND)]
    parts = chart.parts(PROTOCOLS["saga"], tries, MET, 6)
    marks = {mark.failure: mark for part in parts for line in part.lines for mark in line.marks if mark}
    assert (marks[DROP].pairs, marks[DROP].bad) == (2, 1)
    assert (marks[CRASH].pairs, marks[CRASH].bad) == (1, 1)

    tries[1] = tried(CRASH, end=ends.LOST)
    parts = chart.parts(PROTOCOLS["saga"], tries, MET, 6)
    assert not any(mark.bad for part in parts for line in part.lines for mark in line.marks if mark)


def test_the_map_behind_a_cell_is_of_the_second_failures() -> None:
    tries = [tried(DROP), tried(DROP, CRASH, end=ends.MADE_GOOD), tried(CRASH, REFUND)]
    ended = cells(chart.parts(PROTOCOLS["saga"], tries, ["payment.in_tx", "refund.in_tx"], 6, first=DROP))
    assert ended[str(CRASH)] == ends.MADE_GOOD
    assert ended[str(REFUND)] == ""


def test_the_smallest_counterexamples() -> None:
    single, often = tried(CRASH, end=ends.LOST), tried(OFTEN, end=ends.LOST)
    pair, other = tried(CRASH, DROP, end=ends.LOST), tried(DROP, REFUND, end=ends.BROKEN)
    order = tried(end=ends.LOST, kind=kinds.ORDER)
    found = kinds.counterexamples([single, often, pair, other, tried(DROP), order])
    assert found == [single, other, order]


def test_orders_are_tried_once_each() -> None:
    """Of two messages that are on their way together there are two."""
    frontier, tries = orders.Frontier(), []

    def run(order: tuple[str, ...]) -> Try:
        first = order[0] if order else "A>x"
        other = "B>y" if first == "A>x" else "A>x"
        return Try(kind=kinds.ORDER, order=[[first, [other]], [other, []]], end=ends.KEPT)

    while batch := frontier.next(1):
        tries += batch
        frontier.learn(run(batch[0]))
    assert tries == [(), ("B>y",)]


def test_keeps_is_said_only_when_everything_was_tried_and_is_known() -> None:
    good, bad, unknown = tried(DROP), tried(CRASH, end=ends.LOST), tried(CRASH, end=ends.UNKNOWN)
    done, running = Exploration(protocol="saga", state=DONE), Exploration(protocol="saga", state=RUNNING)
    assert telling.keeps(done, [good]) is True
    assert telling.keeps(done, [good, unknown]) is None
    assert telling.keeps(running, [good]) is None
    assert telling.keeps(running, [good, bad]) is False
    assert telling.keeps(Exploration(protocol="dual_write", state=DONE), [bad]) is None


def test_a_counterexample_is_a_sentence_a_command_and_a_link() -> None:
    told = telling.example(Exploration(protocol="saga"), one := tried(DROP, OFTEN, end=ends.LOST))
    assert told["says"] == "message.MoneyDeducted:drop, payment.in_tx:crash:6: lost; $100.00 taken, $0.00 paid"
    assert told["command"].endswith("--fault message.MoneyDeducted:drop --fault payment.in_tx:crash:6")
    assert told["watch"] == f"/runs/{one.run_id}/"
    json.dumps(told)


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_end_has_a_word_and_shapes_of_its_own(language: str) -> None:
    with translation.override(language):
        said = [words.end(end) for end in (*ends.ENDS, chart.NOT_MET, "")]
    assert len(set(said)) == len(said)
    assert not set(said) & set(ends.ENDS)
    assert len({words.ICONS[end] for end in ends.ENDS}) == len(ends.ENDS)
    paths = [drawing.SHAPES[end][1] for end in (*ends.ENDS, chart.NOT_MET)]
    assert len(set(paths)) == len(paths)


def test_every_action_has_a_column() -> None:
    points = {point for protocol in PROTOCOLS.values() for step in protocol.steps for point, _does in step.points()}
    assert {one.cell[0] for one in exploring.failures.at(points, 6)} <= set(chart.DONE)


def test_the_picture_is_one() -> None:
    exploration = Exploration(protocol="saga", met=MET)
    parts = chart.parts(PROTOCOLS["saga"], [tried(DROP), tried(CRASH, end=ends.LOST)], MET, 6)
    text = ElementTree.tostring(drawing.draw(exploration, parts), encoding="unicode")
    root = ElementTree.fromstring(text)
    shapes = [one.get("d") for one in root.iter("{http://www.w3.org/2000/svg}path")]
    legend = 1
    assert shapes.count(drawing.SHAPES[ends.LOST][1]) == 1 + legend
    assert shapes.count(drawing.SHAPES[ends.KEPT][1]) == 1 + legend


def test_a_first_failure_from_an_address() -> None:
    assert map.first_of("payment.in_tx:crash:6") == OFTEN
    assert map.first_of("payment.in_tx:crash") == CRASH
    assert all(map.first_of(text) is None for text in ("", "payment.in_tx", ":", "a:b:c", "a:b:999", "a:b:-1"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("protocol", "acid"), ("seconds", "1"), ("seconds", "901"), ("seconds", "ten"), ("seed", "-1"), ("pairs", "yes")],
)
def test_the_form_names_the_field(field: str, value: str) -> None:
    typed = QueryDict(mutable=True)
    typed.update({"protocol": "saga", field: value})
    with pytest.raises(BadRequest) as refused:
        form.read(typed)
    assert refused.value.field == field


def test_the_form_has_its_first_values() -> None:
    found = form.read(QueryDict("protocol=saga&pairs=on"))
    wanted = asked.check(**found)
    assert (wanted.pairs, wanted.orders, wanted.seconds, wanted.seed) == (True, False, 120, 1)


def died(point: str, money: str, end: str = ends.KEPT) -> Try:
    do = Failure(point, "drop") if point.startswith("message.") else Failure(point, "crash", 6)
    made = tried(do, end=end)
    made.money = money
    return made


def test_where_the_money_is_if_it_dies_there_and_from_where_on_it_is_paid() -> None:
    path = ["account.in_tx", "message.MoneyDeducted", "payment.in_tx", "payment.after_commit"]
    tries = [died(path[0], ends.NOTHING), died(path[1], ends.PAID), died(path[2], ends.BACK), died(path[3], ends.PAID)]
    parts = chart.parts(PROTOCOLS["saga"], tries, path, 6)
    assert [line.dies for part in parts for line in part.lines] == [ends.NOTHING, ends.PAID, ends.BACK, ends.PAID]
    assert chart.no_return(parts) == "payment.after_commit"

    parts = chart.parts(PROTOCOLS["saga"], tries[:3], path, 6)
    assert chart.no_return(parts) == "", "not known of each point"

    lost = [*tries[:3], died(path[3], "", ends.LOST)]
    parts = chart.parts(PROTOCOLS["saga"], lost, path, 6)
    assert [line.dies for part in parts for line in part.lines][-1] == ends.LOST
    assert chart.no_return(parts) == ""


def test_a_failure_to_which_the_run_never_came_says_nothing_of_dying_there() -> None:
    never = died("payment.in_tx", ends.PAID)
    never.fired = False
    parts = chart.parts(PROTOCOLS["saga"], [never], ["payment.in_tx"], 6)
    assert [line.dies for part in parts for line in part.lines] == [""]
