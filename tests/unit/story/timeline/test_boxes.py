"""Stretches of time as boxes: of one run, and of a race."""

from distviz.story.measured import Interval, Measures
from distviz.story.timeline import boxes


def test_what_is_open_at_the_same_time_shares_the_line_of_its_lane() -> None:
    first, second = Interval("payment", "open", 10, 60), Interval("payment", "open", 40, 80)
    alone, lost = Interval("payment", "open", 90, 95), Interval("money", "twice", 80, 100)
    found = Measures((first, second, alone, lost), latency_ms=100)
    lines, names = {"payment": 3.0, "money": 19.0}, {"payment": "Payment", "money": "gap"}
    made = boxes.of_intervals(found, lambda ms: ms / 2, lines, 10, names, end=200)
    assert [(one.y, one.height, one.x, one.width) for one in made] == [
        (3.0, 5.0, "5.00%", "25.00%"),
        (8.0, 5.0, "20.00%", "20.00%"),
        (3.0, 10.0, "45.00%", "2.50%"),
        (19.0, 10.0, "40.00%", "60.00%"),  # nobody will put that right: it goes on after the run
    ]
