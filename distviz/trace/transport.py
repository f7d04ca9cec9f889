"""How workers and web servers speak to the broker: kombu's own transport for Valkey, but for what it keeps of messages
in hand, and for what is no message of ours."""

import time
import uuid
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
import redis.exceptions
from celery import current_app
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import loads

from distviz.codes import Reason
from distviz.trace import envelopes, garbage, lean

NOT_KEPT: set[str] = set()  # tasks that a pass makes good for: what is lost of them costs a second
SCANNED = 200  # entries of one answer: what workers have in hand is some dozens
_TAKEN_AT = "taken_at"
GUARD, NOT_IN_HAND = "late_ack", "not_in_hand"  # a header of the messages of a run without this guard


class QoS(kombu_redis.QoS):
    """What was delivered and not acknowledged: in one hash, where kombu has an index beside it and two transactions for
    each message. Kombu gives up its pass over all of it at the first that it cannot read; and a message whose
    acknowledgement the broker did not hear would count as in hand for ever. A worker that holds as many of those as it
    may hold takes none any more, and does not look at its connection either."""

    def append(self, message: Any, delivery_tag: str) -> None:
        info = message.delivery_info
        if _is_kept(message):
            kept = [{**message._raw, _TAKEN_AT: time.time()}, info["exchange"], info["routing_key"]]
            with self.channel.conn_or_acquire() as client:
                client.hset(self.unacked_key, delivery_tag, orjson.dumps(kept))
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        try:
            if _is_kept(self._delivered.get(delivery_tag)):
                with self.channel.conn_or_acquire() as client:
                    client.hdel(self.unacked_key, delivery_tag)
        finally:  # whether the broker answers or not: it keeps what it did not hear of, and delivers it again
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not requeue:
            self.ack(delivery_tag)
            return
        try:
            self.restore_by_tag(delivery_tag, leftmost=True)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def restore_visible(self, start: int = 0, num: int = 0, interval: int = 0) -> None:
        """Kombu asks for this again and again: what was delivered VISIBILITY_TIMEOUT ago is in its queue again."""
        until = time.time() - self.visibility_timeout
        with self.channel.conn_or_acquire() as client:
            if not client.hlen(self.unacked_key):
                return
        with (
            suppress(kombu_redis.MutexHeld),
            self.channel.conn_or_acquire() as client,
            kombu_redis.Mutex(client, self.unacked_mutex_key, self.unacked_mutex_expire),
        ):
            for tag, kept in client.hscan_iter(self.channel.global_keyprefix + self.unacked_key, count=SCANNED):
                if taken_at(kept) <= until:
                    self.restore_by_tag(tag, client)

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        with self.channel.conn_or_acquire(client) as client:
            kept = client.hget(self.unacked_key, tag)
            if kept is None or _can_be_restored(kept):
                super().restore_by_tag(tag, client, leftmost)
            else:
                garbage.put_aside("", kept, Reason("garbage_no_envelope"))
                client.hdel(self.unacked_key, tag)

    def _remove_from_indices(self, delivery_tag: Any, pipe: Any = None) -> Any:
        return pipe.hdel(self.unacked_key, delivery_tag)  # kombu's own transaction, that puts it into its queue again


def _is_kept(message: Any) -> bool:
    if message is None:
        return True
    return message.headers.get("task") not in NOT_KEPT and NOT_IN_HAND not in message.headers


def taken_at(kept: bytes) -> float:
    """When it was delivered, in seconds since 1970; 0 if nothing says so, which is garbage or an older version's."""
    try:
        return float(loads(kept.decode())[0][_TAKEN_AT])
    except Exception:  # as below
        return 0.0


def _can_be_restored(kept: bytes) -> bool:
    """[envelope, exchange, queue]; what the envelope is worth is seen when it is delivered."""
    try:
        envelope, exchange, queue = loads(kept.decode())
    except Exception:  # kombu makes objects of what it reads, and any of them may fail
        return False
    return isinstance(envelope, dict) and exchange == "" and isinstance(queue, str)


class Channel(kombu_redis.Channel):
    """Kombu's own, for which an item that it cannot read is the end of the worker."""

    QoS = QoS
    _putting: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if not asynchronous:
            return self._that_puts()
        client = super()._create_client(asynchronous)  # the one that takes messages out of queues
        client.parse_response = partial(self._answer, client.parse_response)
        return client

    def _that_puts(self) -> Any:
        """One for as long as its connections are kept. Kombu makes one for each command, which takes longer than to
        send it."""
        if self._putting is None or self._putting.connection_pool is not self.pool:
            self._putting = lean.Client(connection_pool=self.pool, global_keyprefix=self.global_keyprefix)
        return self._putting

    def _answer(self, read: Any, connection: Any, command: str, **options: Any) -> Any:
        """Nothing, as after a wait in vain, instead of garbage."""
        try:
            answer = read(connection, command, **options)
        except redis.exceptions.ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise
            self._rename_what_is_no_queue()
            return None
        return self._unless_garbage(*answer) if command == "BRPOP" and answer else answer

    def _unless_garbage(self, key: Any, item: bytes) -> Any:
        queue = (key.decode() if isinstance(key, bytes) else key).rsplit(self.sep, 1)[0]
        try:
            envelopes.read(item, queue, current_app.tasks)
        except envelopes.Garbage as why:
            garbage.put_aside(queue, item, why.reason)
            return None
        return key, item

    def _rename_what_is_no_queue(self) -> None:
        """Where a queue should be there is a key of another kind: it would end every worker that asks for a message."""
        with self.conn_or_acquire() as client:
            for queue in self.active_queues:
                key = f"{self.global_keyprefix}{queue}"
                kind = client.execute_command("TYPE", key).decode()
                if kind not in ("list", "none"):
                    elsewhere = f"{key}.garbage.{uuid.uuid4().hex[:8]}"
                    client.execute_command("RENAME", key, elsewhere)
                    garbage.put_aside(queue, f"see {elsewhere}", Reason.of("garbage_key", kind=kind))

    def _connparams(self, asynchronous: bool = False) -> Any:
        """A message of a connection that is gone cannot be acknowledged any more; kombu meets None there."""
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("this connection to the broker is closed")
        return super()._connparams(asynchronous)


class Transport(kombu_redis.Transport):
    Channel = Channel
    brpop_timeout = 2  # seconds; each worker asks twice, for its two queues
