"""Protocols from outside that this process has left out, as far as whoever asks may know."""

from django.conf import settings


def shown() -> list[dict[str, str]]:
    """[{key, at, error}]; on a lab that others reach too, `error` is not told: it may quote anything."""
    return [
        {"key": one.key, "at": one.at, "error": one.error if settings.PRIVATE else ""}
        for one in settings.OUTSIDE.refused
    ]
