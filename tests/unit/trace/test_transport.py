import pytest

from distviz.trace.transport import Channel, Transport


def test_a_channel_whose_connection_is_gone_says_so() -> None:
    """Kombu meets None there, an error that ends the worker; this one it knows."""
    channel = object.__new__(Channel)
    for channel.connection in (None, type("Closed", (), {"client": None})()):
        with pytest.raises(Transport.connection_errors, match="closed"):
            channel._connparams()
