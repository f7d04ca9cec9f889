from types import SimpleNamespace

import pytest

from distviz.trace.transport import Channel, Transport


def test_a_channel_whose_connection_is_gone_says_so() -> None:
    """Kombu meets None there, an error that ends the worker; this one it knows."""
    channel = object.__new__(Channel)
    for channel.connection in (None, type("Closed", (), {"client": None})()):
        with pytest.raises(Transport.connection_errors, match="closed"):
            channel._connparams()


def test_a_channel_puts_all_its_commands_through_one_client_while_its_connections_last() -> None:
    made = []
    channel = object.__new__(Channel)
    channel.Client = lambda connection_pool: (
        made.append(connection_pool) or SimpleNamespace(connection_pool=connection_pool)
    )
    channel._pool = first = SimpleNamespace(connection_kwargs={})
    with channel.conn_or_acquire() as one, channel.conn_or_acquire() as other:
        assert one is other
    channel._pool = second = SimpleNamespace(connection_kwargs={})  # its connections were broken, and it has others
    with channel.conn_or_acquire() as later:
        assert later is not one
    assert made == [first, second]
