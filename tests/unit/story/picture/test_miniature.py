"""A run drawn small: the same bars, arrows and marks, in percent of one box."""

from dataclasses import dataclass

from distviz.story.picture import ghosts
from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Arrow
from distviz.story.picture.miniature import MiniBar, MiniJoint, draw, textbook
from protocols.registry import PROTOCOLS

LANES = ("client", "account")


@dataclass
class Row:
    cells: tuple[LaneCell, ...] = ()
    arrow: Arrow | None = None


def test_a_bar_reaches_from_begin_to_commit() -> None:
    made = draw(
        [
            Row(arrow=Arrow("client", "account", "command")),
            Row((LaneCell("account", "", "open", "begin"),)),
            Row((LaneCell("account", "open", "open"),)),
            Row((LaneCell("account", "open", "", "commit"),)),
        ],
        LANES,
    )
    assert made.bars == [MiniBar("open", "75.00%", "37.50%", "50.00%")]
    assert made.joints == [MiniJoint("commit", "75.00%", "87.50%")]
    assert [(one.x1, one.x2, one.css) for one in made.flights] == [("25.00%", "75.00%", "command")]


def test_prepared_is_another_bar_and_what_is_open_reaches_the_bottom() -> None:
    made = draw(
        [Row((LaneCell("account", "", "open", "begin"),)), Row((LaneCell("account", "open", "held", "prepared"),))],
        LANES,
    )
    assert [(bar.css, bar.y, bar.height) for bar in made.bars] == [
        ("open", "25.00%", "50.00%"),
        ("held going", "75.00%", "25.00%"),
    ]


def test_a_lost_message_stops_half_way() -> None:
    flight = draw([Row(arrow=Arrow("client", "account", "event", "lost"))], LANES).flights[0]
    assert (flight.x1, flight.x2, flight.css) == ("25.00%", "50.00%", "event lost")


def test_every_textbook_path_can_be_drawn() -> None:
    for protocol in PROTOCOLS.values():
        made = draw(textbook(protocol), ghosts.used_lanes(protocol))
        assert made.bars
        assert made.flights
    assert draw([], LANES).bars == []
