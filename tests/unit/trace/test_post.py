"""What leaves in one go lies in the queue as if Celery had written each of it alone."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import redis.exceptions
from celery import Task, current_app
from celery._state import _task_stack
from kombu.exceptions import OperationalError
from kombu.messaging import Producer
from kombu.transport import virtual

from distviz.stack.layout import PLAIN
from distviz.trace import context, envelopes, post, sending
from distviz.trace.handlers import ROUTES
from distviz.trace.post import AS_OURS, Post
from distviz.trace.transport import Channel, Transport
from protocols.saga.events import MoneyDeducted

[HANDLER] = ROUTES[MoneyDeducted]
QUEUE = PLAIN[HANDLER.place.queue]
RUNS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
OWN = ("id", "root_id", "traceparent")


class Broker(Channel):
    """Lists in memory, the newest first; `commands` counts the calls."""

    def __init__(self, connection: Any) -> None:
        virtual.Channel.__init__(self, connection)
        self.lists: dict[str, list[str]] = {}
        self.commands, self.down, self._expires = 0, False, {}
        self.error: Exception = redis.exceptions.ConnectionError("gone")

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        yield self

    @contextmanager
    def pipeline(self, *, transaction: bool) -> Iterator[Any]:
        yield self

    def lpush(self, key: str, *items: str) -> None:
        self.commands += 1
        self.execute()
        for item in items:
            self.lists.setdefault(key, []).insert(0, item)

    def execute(self) -> None:
        if self.down:
            raise self.error


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setattr(Transport, "Channel", Broker)
    connection = current_app.connection_for_write()
    monkeypatch.setattr(connection.transport, "Channel", Broker)
    made = connection.channel()
    assert isinstance(made, Broker)
    return made


def publish(broker: Broker, together: Post | None, run: str, traceparent: str) -> None:
    message = MoneyDeducted(tx_id=run, user_id="Олена", amount=Decimal("100.00"), timestamp="now")
    delivery = context.Delivery(run, "saga", "account", cause=7, traceparent=traceparent)
    sending.publish(HANDLER, message.to_wire(), delivery, cause=7, post=together)


def lying(broker: Broker) -> list[dict[str, Any]]:
    """As they will be taken."""
    [[_key, items]] = broker.lists.items()
    return [envelopes.read(item.encode(), QUEUE, current_app.tasks) for item in reversed(items)]


def body(envelope: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(envelope["body"])[64:])


def common(envelope: dict[str, Any]) -> dict[str, Any]:
    headers = {name: value for name, value in envelope["headers"].items() if name not in OWN}
    own = {"correlation_id": None, "delivery_tag": None}
    return {**envelope, "body": None, "headers": headers, "properties": {**envelope["properties"], **own}}


def test_each_is_the_message_that_celery_writes(broker: Broker) -> None:
    traces = [f"00-{number}" for number in RUNS]
    wire = MoneyDeducted(tx_id=RUNS[0], user_id="Олена", amount=Decimal("100.00"), timestamp="now").to_wire()
    note = {**context.Delivery(RUNS[0], traceparent=traces[0], cause=7).note(), "cause": 7}
    options = {**AS_OURS, "headers": {"traceparent": traces[0]}, "retry": False}
    with Producer(broker) as producer:
        HANDLER.task.apply_async(args=[wire, note], queue=QUEUE, producer=producer, **options)
    post = Post(broker)
    for run, trace in zip(RUNS, traces, strict=True):
        publish(broker, post, run, trace)
    post.leave()
    alone, *together = lying(broker)
    assert [common(one) for one in together] == [common(alone)] * 3
    assert body(together[0]) == body(alone)
    assert [body(one)[0][0]["tx_id"] for one in together] == RUNS
    assert [one["headers"]["traceparent"] for one in together] == traces
    for one in together:
        assert one["headers"]["id"] == one["headers"]["root_id"] == one["properties"]["correlation_id"]
    assert len({one["headers"]["id"] for one in (alone, *together)}) == 4
    assert len({one["properties"]["delivery_tag"] for one in (alone, *together)}) == 4


def test_a_queue_gets_all_of_them_by_one_command(broker: Broker) -> None:
    post = Post(broker)
    for run in RUNS:
        publish(broker, post, run, "00-1-2-01")
    assert broker.commands == 0
    post.leave()
    assert broker.commands == 1


def test_a_broker_that_does_not_answer_is_told_as_celery_tells_it(broker: Broker) -> None:
    post, broker.down = Post(broker), True
    publish(broker, post, RUNS[0], "00-1-2-01")
    with pytest.raises(OperationalError, match="gone"):
        post.leave()


@pytest.fixture
def alone_only(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is this broker, and no other way to it."""

    @contextmanager
    def acquire(block: bool) -> Iterator[Any]:
        yield SimpleNamespace(channel=broker)

    monkeypatch.setattr(post, "current_app", SimpleNamespace(producer_pool=SimpleNamespace(acquire=acquire)))


@pytest.fixture
def celerys(broker: Broker, alone_only: None, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What Celery is asked to publish, as the one message by itself could not leave."""
    asked: list[Any] = []
    post._forms.clear()
    publish(broker, Post(broker), RUNS[2], "00-1-2-01")  # the form is there
    monkeypatch.setattr(Task, "apply_async", lambda _task, args, *_more, **_options: asked.append(args))
    return asked


def test_one_that_leaves_alone_is_the_same(broker: Broker, celerys: list[Any]) -> None:
    for run in RUNS[:2]:
        publish(broker, None, run, "00-1-2-01")
    assert celerys == []
    assert broker.commands == 2
    assert [body(envelope)[0][0]["tx_id"] for envelope in lying(broker)] == RUNS[:2]


def test_without_a_broker_it_is_left_to_celery(broker: Broker, celerys: list[Any]) -> None:
    broker.down = True
    publish(broker, None, RUNS[0], "00-1-2-01")
    assert [args[0]["tx_id"] for args in celerys] == RUNS[:1]


def test_where_it_may_have_left_it_is_not_sent_again_here(broker: Broker, celerys: list[Any]) -> None:
    broker.down, broker.error = True, redis.exceptions.TimeoutError("no answer")
    with pytest.raises(OperationalError, match="no answer"):
        publish(broker, None, RUNS[0], "00-1-2-01")
    assert celerys == []


def test_it_is_nobodys_child(broker: Broker, alone_only: None) -> None:
    """The form is written while something else is being done; the message does not come from that."""
    post._forms.clear()
    HANDLER.task.push_request(id="else", called_directly=False)
    _task_stack.push(HANDLER.task)
    try:
        publish(broker, None, RUNS[0], "00-1-2-01")
    finally:
        _task_stack.pop()
        HANDLER.task.pop_request()
    [envelope] = lying(broker)
    assert (envelope["headers"]["root_id"], envelope["headers"]["parent_id"]) == (envelope["headers"]["id"], None)
