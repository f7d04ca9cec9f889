"""What crosses the broker is signed: whoever can write to it, and does not have the key, cannot speak for a service.

The signature (HMAC-SHA256) covers the whole body: the message with its run and type, its note (mode, faults, whether
it was sent on purpose) and the links of a chain. A copy stays valid, as copies are what a queue makes.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from kombu import serialization
from kombu.utils import json

NAME, CONTENT_TYPE = "signed", "application/x-distviz-signed"
LENGTH = 2 * hashlib.sha256().digest_size  # of a signature, in hexadecimal digits


class NotSigned(ValueError):
    """Whoever sent this does not have the key."""


def switch_on() -> None:
    """From now on the serializer of the settings is there."""
    serialization.register(NAME, sign, opened, content_type=CONTENT_TYPE, content_encoding="utf-8")


def sign(content: object) -> str:
    return signed(json.dumps(content), _key())


def signed_now(text: bytes) -> bytes:
    """The same of JSON that is written already."""
    return hmac.digest(_key(), text, "sha256").hex().encode() + text


def signed(text: str, key: bytes) -> str:
    """As it is sent: the signature, then the JSON."""
    return hmac.digest(key, text.encode(), "sha256").hex() + text


def checked(body: str | bytes) -> bytes:
    """The JSON, if the signature is ours. Nothing of it is parsed before."""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    given, text = raw[:LENGTH], raw[LENGTH:]
    if not hmac.compare_digest(given, hmac.digest(_key(), text, "sha256").hex().encode()):
        raise NotSigned("its signature is missing or wrong: it was not sent by this lab")
    return text


def opened(body: str | bytes) -> Any:
    return json.loads(checked(body))


def key_of(secret: str) -> bytes:
    """The key for messages, made of Django's secret key: all processes have that one, and neither tells the other."""
    return hmac.digest(secret.encode(), b"distviz messages", "sha256")


@lru_cache(maxsize=1)
def _key() -> bytes:
    from django.conf import settings

    return key_of(settings.SECRET_KEY)
