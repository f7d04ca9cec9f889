"""HTTP Basic for programs: an operator's name and password with the call itself, no session."""

import base64
import binascii
import math

from django.contrib.auth import authenticate
from django.http import HttpRequest

from distviz.errors import NotLoggedIn, TooMany
from distviz.web import identity, shares

CHALLENGE = 'Basic realm="distviz", charset="UTF-8"'


def log_in(request: HttpRequest) -> None:
    """Sets `request.user`, if credentials came along. Raises NotLoggedIn if they are wrong, and TooMany before they are
    looked at if there were too many attempts: to check a password costs processor time on purpose."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return
    client = identity.network(request)
    wait = shares.LOGINS.take(client)
    if wait:
        raise TooMany(math.ceil(wait), "too_many_logins")
    name, password = _read(text)
    user = authenticate(request, username=name, password=password) if name else None
    if user is None:
        raise NotLoggedIn("wrong_password")
    shares.LOGINS.give_back(client)
    request.user = user


def _read(text: str) -> tuple[str, str]:
    try:
        name, _colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return ("", "") if "\x00" in name + password else (name, password)
