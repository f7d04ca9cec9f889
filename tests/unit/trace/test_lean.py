"""A command goes over the connection that is kept, and over a new one if that is gone."""

from types import SimpleNamespace
from typing import Any

import pytest
import redis.exceptions

from distviz.trace.lean import Client


class Line:
    """A connection: what was sent over it, and what it answers."""

    def __init__(self, *answers: Any) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.answers, self.broken = list(answers), 0

    def pack_command(self, *words: Any) -> tuple[Any, ...]:
        return words

    def send_packed_command(self, words: tuple[Any, ...], check_health: bool) -> None:
        self.sent.append(words)

    def read_response(self, **_options: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def disconnect(self) -> None:
        self.broken += 1


def client(line: Line) -> Client:
    pool = SimpleNamespace(
        get_connection=lambda: line, connection_kwargs={}, get_encoder=lambda: None, get_protocol=lambda: 2
    )
    return Client(connection_pool=pool, global_keyprefix="dv:")


def test_its_keys_have_the_prefix_of_the_lab() -> None:
    line = Line(1, 1)
    one = client(line)
    assert one.hset("unacked", "tag", "kept") == 1
    assert one.hdel("unacked", "tag") == 1
    assert line.sent == [("HSET", "dv:unacked", "tag", "kept"), ("HDEL", "dv:unacked", "tag")]
    assert not line.broken


def test_a_connection_that_was_closed_since_is_made_anew_once() -> None:
    gone = redis.exceptions.ConnectionError("closed")
    line = Line(gone, 1, gone, gone)
    one = client(line)
    assert one.hdel("unacked", "tag") == 1
    assert line.broken == 1
    with pytest.raises(redis.exceptions.ConnectionError):
        one.hdel("unacked", "tag")
    assert line.broken == 3


@pytest.mark.parametrize(
    ("error", "broken"),
    [(redis.exceptions.TimeoutError("late"), 1), (redis.exceptions.ResponseError("OOM"), 0), (KeyboardInterrupt(), 1)],
)
def test_an_answer_that_comes_late_is_nobodys(error: BaseException, broken: int) -> None:
    line = Line(error)
    with pytest.raises(type(error)):
        client(line).hdel("unacked", "tag")
    assert (line.broken, len(line.sent)) == (broken, 1)
