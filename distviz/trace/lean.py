"""Commands to the broker by one connection that is kept for them. Redis-py takes a connection out of a pool for each
command, asks whether it is still open, measures, and gives it back, which takes longer than the command."""

from collections.abc import Sequence
from typing import Any

import redis.exceptions
from kombu.transport.redis import PrefixedStrictRedis

from distviz.trace import tracing


class Client(PrefixedStrictRedis):
    """For a channel, which is in one thread's hands at a time."""

    _line: Any = None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Once again if the connection is gone: it was closed since the last command, or nobody knows whether this one
        was done; each of ours may be done twice."""
        if tracing.exporting():  # what is patched to see each command does not see these
            return super().execute_command(*args, **options)
        words = self._prefix_args(args)
        try:
            return self._ask(words, options)
        except redis.exceptions.ConnectionError:
            return self._ask(words, options)

    def _ask(self, words: Sequence[Any], options: dict[str, Any]) -> Any:
        line = self._line = self._line or self.connection_pool.get_connection()
        try:
            line.send_packed_command(line.pack_command(*words), check_health=False)
            return self.parse_response(line, words[0], **options)
        except redis.exceptions.ResponseError:
            raise
        except BaseException:  # an answer that comes late is not to be taken for the next one's
            line.disconnect()
            raise
