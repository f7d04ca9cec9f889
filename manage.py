#!/usr/bin/env python
"""distviz from the command line; `manage.py help` lists the commands."""

import os
import sys
from typing import TYPE_CHECKING

from distviz.stack import up

if TYPE_CHECKING:
    from distviz.errors import DistvizError


def main(words: list[str]) -> int:
    """What a command could not do is one line on stderr and an exit status, whichever command it was. Django's own
    CommandError and argparse end the process themselves."""
    if words[1:2] == ["up"] and (options := up.options_of(words[2:])) is not None:
        return up.main(options)  # without Django, which takes a second and 70 MB

    from django.core.management import execute_from_command_line

    from distviz.errors import DistvizError

    try:
        tell_left_out()
        execute_from_command_line(words)
    except DistvizError as error:
        return refused(error)
    except Exception as error:
        if "--traceback" in words or not isinstance(error, silent_servers()):
            raise
        return say(what_was_in_the_way(error), 1)
    return 0


def tell_left_out() -> None:
    """Protocols from outside that cannot be loaded, on stderr: the command goes on without them."""
    from django.conf import settings

    for one in settings.OUTSIDE.refused:
        say(str(one), 0)


def refused(error: "DistvizError") -> int:
    from distviz.story.words.sentences import english

    field = getattr(error, "field", "")
    return say(f"{field}: {english(error.reason)}" if field else english(error.reason), 2 if field else 1)


def what_was_in_the_way(error: Exception) -> str:
    from distviz.codes import Reason
    from distviz.story.words.sentences import english
    from distviz.trace import reasons

    if reasons.locked(error):
        return f"{english(Reason('rows_in_use'))} ({error})"
    return f"a server that this needs does not answer: {error}"


def silent_servers() -> tuple[type[Exception], ...]:
    """What the drivers raise when a server is not there; they are imported only when something has gone wrong."""
    from django.db import InterfaceError, OperationalError
    from kombu.exceptions import OperationalError as BrokerError
    from pymongo.errors import ConnectionFailure
    from redis.exceptions import ConnectionError as StreamError

    return (OperationalError, InterfaceError, BrokerError, ConnectionFailure, StreamError)


def say(line: str, status: int) -> int:
    print(f"distviz: {' '.join(line.split())}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
    sys.exit(main(sys.argv))
