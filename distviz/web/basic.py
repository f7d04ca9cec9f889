"""HTTP Basic for programs: an operator's name and password with the call itself, no session."""

import base64
import binascii

from django.contrib.auth import authenticate
from django.http import HttpRequest

from distviz.errors import NotLoggedIn
from distviz.web import identity, logins

CHALLENGE = 'Basic realm="distviz", charset="UTF-8"'


def log_in(request: HttpRequest) -> None:
    """Sets `request.user`, if credentials came along. Raises NotLoggedIn if they are wrong, and TooMany before they are
    looked at if there were too many attempts: to check a password costs processor time on purpose."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return
    name, password = _read(text)
    with logins.attempt(identity.network(request), NotLoggedIn):
        user = authenticate(request, username=name, password=password) if name else None
        if user is None:
            raise NotLoggedIn("wrong_password")
    request.user = user


def _read(text: str) -> tuple[str, str]:
    try:
        name, _colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return ("", "") if "\x00" in name + password else (name, password)
