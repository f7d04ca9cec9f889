"""What leaves in one go lies in the queue as if Celery had written each of it alone."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import redis.exceptions
from celery import current_app
from kombu.exceptions import OperationalError
from kombu.messaging import Producer
from kombu.transport import virtual

from distviz.trace import context, envelopes, sending
from distviz.trace.handlers import ROUTES
from distviz.trace.post import AS_OURS, Post
from distviz.trace.transport import Channel, Transport
from protocols.saga.events import MoneyDeducted

[HANDLER] = ROUTES[MoneyDeducted]
RUNS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
OWN = ("id", "root_id", "traceparent")


class Broker(Channel):
    """Lists in memory, the newest first; `commands` counts the calls."""

    def __init__(self, connection: Any) -> None:
        virtual.Channel.__init__(self, connection)
        self.lists: dict[str, list[str]] = {}
        self.commands, self.down, self._expires = 0, False, {}

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        yield self

    @contextmanager
    def pipeline(self, *, transaction: bool) -> Iterator[Any]:
        yield self

    def lpush(self, key: str, *items: str) -> None:
        self.commands += 1
        for item in items:
            self.lists.setdefault(key, []).insert(0, item)

    def execute(self) -> None:
        if self.down:
            raise redis.exceptions.ConnectionError("gone")


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setattr(Transport, "Channel", Broker)
    connection = current_app.connection_for_write()
    monkeypatch.setattr(connection.transport, "Channel", Broker)
    made = connection.channel()
    assert isinstance(made, Broker)
    return made


def publish(broker: Broker, post: Post | None, run: str, traceparent: str) -> None:
    message = MoneyDeducted(tx_id=run, user_id="Олена", amount=Decimal("100.00"), timestamp="now")
    delivery = context.Delivery(run, "saga", "account", cause=7, traceparent=traceparent)
    sending.publish(HANDLER, message.to_wire(), delivery, cause=7, post=post)


def lying(broker: Broker) -> list[dict[str, Any]]:
    """As they will be taken."""
    [[_key, items]] = broker.lists.items()
    return [envelopes.read(item.encode(), HANDLER.place.queue, current_app.tasks) for item in reversed(items)]


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
        HANDLER.task.apply_async(args=[wire, note], queue=HANDLER.place.queue, producer=producer, **options)
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
