"""Database URLs: what Django wants to know of one, and what may be shown of it."""

from typing import Any
from urllib.parse import parse_qsl, unquote

from distviz.stack.env import split


def place(url: str) -> str:
    """host:port of an external server, without its password."""
    return unquote(split(url).netloc.rpartition("@")[2])


def django_entry(url: str) -> dict[str, Any]:
    parts = split(url)
    options = dict(parse_qsl(parts.query))
    # Not parts.hostname: that is lowered, and a socket folder's name is not.
    address = parts.netloc.rpartition("@")[2]
    name, colon, number = address.rpartition(":")
    if not colon or "]" in number:
        name, number = address, ""
    return {
        "ENGINE": "distviz.postgres",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(name).strip("[]")),
        "PORT": options.pop("port", number),
        "OPTIONS": options,
    }
