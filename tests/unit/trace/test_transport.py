from collections import OrderedDict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.trace.transport import Channel, QoS, Transport


def test_a_channel_whose_connection_is_gone_says_so() -> None:
    """Kombu meets None there, an error that ends the worker; this one it knows."""
    channel = object.__new__(Channel)
    for channel.connection in (None, type("Closed", (), {"client": None})()):
        with pytest.raises(Transport.connection_errors, match="closed"):
            channel._connparams()


def test_a_channel_puts_all_its_commands_through_one_client_while_its_connections_last() -> None:
    channel = object.__new__(Channel)
    channel.global_keyprefix = "dv:"
    channel._pool = first = SimpleNamespace(connection_kwargs={})
    with channel.conn_or_acquire() as one, channel.conn_or_acquire() as other:
        assert one is other
    channel._pool = second = SimpleNamespace(connection_kwargs={})  # its connections were broken, and it has others
    with channel.conn_or_acquire() as later:
        assert later is not one
        assert (one.connection_pool, later.connection_pool) == (first, second)


@pytest.mark.parametrize(("task", "commands"), [("saga.account.deduct", ["hset", "hdel"]), ("distviz.sweep", [])])
def test_of_a_tick_the_broker_keeps_nothing(task: str, commands: list[str]) -> None:
    """It would be two commands for each, and four come each second; the next one makes good for one that is lost."""
    asked: list[str] = []

    class Client:
        def __getattr__(self, name: str) -> Any:
            return lambda *_given: asked.append(name)

    qos = object.__new__(QoS)
    qos.channel = SimpleNamespace(conn_or_acquire=lambda: nullcontext(Client()), unacked_key="unacked")
    qos._delivered, qos._dirty = OrderedDict(), set()
    qos._quick_append, qos._quick_ack = qos._delivered.__setitem__, qos._dirty.add
    message = SimpleNamespace(headers={"task": task}, _raw={}, delivery_info={"exchange": "", "routing_key": "account"})
    qos.append(message, "tag")
    assert list(qos._delivered) == ["tag"]
    qos.ack("tag")
    assert (asked, qos._dirty) == (commands, {"tag"})
