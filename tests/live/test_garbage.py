"""Whatever stands in a queue: the worker lives, and the garbage can be read among the dead letters."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import kombu
import psutil
import pymongo
import pytest
import redis
from websockets.sync.client import connect

from distviz.stack.layout import QUEUES, WORKERS
from distviz.trace import signing
from protocols.promises import GONE, OK
from tests.support.broker import Broker
from tests.support.checks import check_end
from tests.support.garbage import DEEP, Maker, args, items
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.long

COUNTED = "SELECT COALESCE(sum(attempts), 0)::int AS n FROM dead_letters WHERE service = %s"


@pytest.fixture(scope="module")
def broker(stack: Stack) -> Broker:
    return Broker(stack)


def counted(stack: Stack, queue: str) -> int:
    return int(stack.sql("default", COUNTED, queue)[0]["n"])


def test_every_worker_lives_on_and_lays_it_aside(stack: Stack, broker: Broker, account: Callable[[], str]) -> None:
    workers = {role: stack.pid(role) for role in WORKERS}
    before = {queue: counted(stack, queue) for queue in QUEUES}
    put = {queue: items(queue, broker.key) for queue in QUEUES}
    for queue in QUEUES:
        for item in put[queue].values():
            broker.put(queue, item)
    wait_for(
        lambda: all(counted(stack, queue) - before[queue] == len(put[queue]) for queue in QUEUES),
        90,
        "all of it is among the dead letters",
    )
    assert {role: stack.pid(role) for role in WORKERS} == workers
    stack.sql("default", "UPDATE dead_letters SET state = 'discarded' WHERE name = 'garbage'")  # they fill the pages
    name = account()
    check_end(stack, "saga", name, stack.withdraw("saga", name), OK)


def letters_of(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    rows = stack.client.get("/api/dead-letters").json()["rows"]
    return [row for row in rows if row["run"] == run_id]


NOTE = {"mode": "run", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "cause": None, "faults": []}


@pytest.mark.parametrize("wrong", [{"note": 7}, {"note": {**NOTE, "cause": "banana"}}, {"user_id": {}}, {"kwargs": 1}])
def test_a_letter_whose_run_can_be_read_is_linked_to_it(
    stack: Stack, broker: Broker, account: Callable[[], str], wrong: dict[str, Any]
) -> None:
    name = account()
    run_id = stack.withdraw("saga", name, "payment.before_tx:hold")
    stack.reaches(run_id, "hold", "held")
    wire = {"type": "saga.MoneyDeducted", "tx_id": run_id, "user_id": name, "amount": "100.00"}
    args = [wire | {key: value for key, value in wrong.items() if key == "user_id"}, wrong.get("note", NOTE)]
    body = json.dumps([args, {"a": 1} if "kwargs" in wrong else {}, {}]).encode()
    item = Maker("payment", broker.key).envelope(body, headers__task="saga.payment.charge")
    broker.put("payment", json.dumps(item))
    letter = wait_for(lambda: letters_of(stack, run_id), 30, "a dead letter of this run")[0]
    assert run_id in letter["payload"]["raw"]
    assert f'href="/runs/{run_id}/"' in stack.client.get("/attention/").text.split(f'id="letter-{letter["id"]}"')[1]
    refused = stack.client.post(f"/api/runs/{run_id}/retry")
    assert refused.status_code == 409, "garbage is not sent again"
    stack.client.post(f"/api/runs/{run_id}/release")
    check_end(stack, "saga", name, run_id, OK)


def test_the_same_garbage_again_is_one_letter(stack: Stack, broker: Broker) -> None:
    before = counted(stack, "account")
    for _ in range(50):
        broker.put("account", b"the same again")
    wait_for(lambda: counted(stack, "account") == before + 50, 30, "all fifty are counted")
    same = "SELECT attempts FROM dead_letters WHERE payload->>'raw' = 'the same again'"
    assert len(stack.sql("default", same)) == 1


def test_keys_that_are_no_queues_are_renamed(stack: Stack, broker: Broker, account: Callable[[], str]) -> None:
    workers = {role: stack.pid(role) for role in WORKERS}
    before = {queue: counted(stack, queue) for queue in QUEUES}
    for queue in QUEUES:
        broker.client.set(f"{broker.prefix}{queue}", "garbage")
    wait_for(lambda: all(counted(stack, queue) == before[queue] + 1 for queue in QUEUES), 30, "they are renamed")
    for queue in QUEUES:
        elsewhere = list(broker.client.scan_iter(f"{broker.prefix}{queue}.garbage.*"))
        assert [broker.client.get(key) for key in elsewhere] == [b"garbage"]
    assert {role: stack.pid(role) for role in WORKERS} == workers
    name = account()
    check_end(stack, "saga", name, stack.withdraw("saga", name), OK)


def test_garbage_among_what_is_not_acknowledged(stack: Stack, broker: Broker) -> None:
    """It does not keep what lies behind it from being delivered again."""
    before = counted(stack, "")
    good = Maker("payment", broker.key).envelope(args(["payment"]), headers__task="distviz.sweep")
    kept = {
        "1": b"\xff",
        "2": b"[" * 5000,
        "three": b"7",
        "four": b'[[], "x", {}]',
        "5": b'[{}, "x", "payment"]',
    }
    for tag, entry in {**kept, good["properties"]["delivery_tag"]: json.dumps([good, "", "payment"])}.items():
        broker.client.hset(f"{broker.prefix}unacked", tag, entry)
    wait_for(lambda: counted(stack, "") == before + len(kept), 30, "all of it is among the dead letters")
    wait_for(lambda: not any(broker.client.hmget(f"{broker.prefix}unacked", list(kept))), 30, "nothing is left")


def test_nothing_stays_of_runs_that_are_over(stack: Stack, broker: Broker, account: Callable[[], str]) -> None:
    """Left behind by a connection that broke before the acknowledgement, of this version and of an older one, that did
    not say when it was taken."""
    name = account()
    run_id = stack.withdraw("saga", name)
    check_end(stack, "saga", name, run_id, OK)
    wire = {"type": "saga.MoneyDeducted", "tx_id": run_id, "user_id": name, "amount": "100.00"}
    left, tags = f"{broker.prefix}unacked", []
    message = Maker("payment", broker.key).envelope(args([wire, NOTE]), headers__task="saga.payment.charge")
    for known in ({"taken_at": time.time() - 6}, {}):
        tags.append(str(uuid.uuid4()))
        broker.client.hset(left, tags[-1], json.dumps([message | known, "", "payment"]))
    wait_for(lambda: not any(broker.client.hmget(left, tags)), 30, "nothing is left")
    later = account()
    check_end(stack, "saga", later, stack.withdraw("saga", later), OK)  # what was delivered again came before it
    assert stack.run(run_id)["late"] <= 1  # of the older one, if it was delivered again before the sweep


def test_what_nobody_acknowledges_is_delivered_again(broker: Broker) -> None:
    """After VISIBILITY_TIMEOUT (10 s here), and no earlier, by whichever worker looks first."""
    left, queue, now = f"{broker.prefix}unacked", f"test-{uuid.uuid4().hex[:8]}", time.time()
    taken = {"old": now - 20, "fresh": now}
    for tag, taken_at in taken.items():
        message = Maker("payment", broker.key).envelope(args([queue])) | {"taken_at": taken_at}
        broker.client.hset(left, f"{queue}-{tag}", json.dumps([message, "", queue]))
    waiting = f"{broker.prefix}{queue}"
    wait_for(lambda: broker.client.llen(waiting) == 1, 8, "the old one is in its queue again")
    assert broker.client.hmget(left, f"{queue}-old")[0] is None
    assert broker.client.hexists(left, f"{queue}-fresh")
    wait_for(lambda: broker.client.llen(waiting) == 2, 20, "the other one, too")
    assert time.time() - now >= 10
    assert all(json.loads(item)["headers"]["redelivered"] for item in broker.client.lrange(waiting, 0, -1))
    broker.client.delete(waiting)


def test_workers_survive_that_the_broker_goes_again_and_again(
    stack: Stack, broker: Broker, account: Callable[[], str]
) -> None:
    """With messages in hand each time: their acknowledgements find the connection gone. Celery looks for it again after
    2, 4, 6 seconds; two-phase commit may have given up by then (T_TERM is 10 s here), with nothing moved."""
    workers = {role: stack.pid(role) for role in WORKERS}
    runs = []
    for protocol in ("saga", "outbox", "two_phase", "event_sourcing"):
        name = account()
        runs.append((protocol, name, stack.withdraw(protocol, name, "payment.in_tx:delay:1:1500")))
        stack.reaches(runs[-1][2], "fault", "fired")
        stack.back("valkey", stack.kill("valkey"))
    for protocol, name, run_id in runs:
        check_end(stack, protocol, name, run_id, *((OK, GONE) if protocol == "two_phase" else (OK,)))
    assert {role: stack.pid(role) for role in WORKERS} == workers
    wait_for(lambda: not broker.client.hlen(f"{broker.prefix}unacked"), 40, "nothing stays unacknowledged")


@pytest.mark.parametrize("end", ["ack", "reject", "requeue"])
def test_what_the_broker_did_not_hear_of_counts_as_in_hand_no_more(stack: Stack, broker: Broker, end: str) -> None:
    """Who may hold one message, and could not give it back, asks for the next one."""
    queue, got = f"test-{uuid.uuid4().hex[:8]}", []
    url = stack.topology()["broker"]["url"]
    with kombu.Connection(url, transport_options={"global_keyprefix": broker.prefix}) as connection:
        consumer = kombu.Consumer(
            connection.channel(),
            [kombu.Queue(queue)],
            on_message=got.append,
            accept=[signing.CONTENT_TYPE],
            prefetch_count=1,
        )
        with consumer:
            for number in (1, 2):
                broker.put_task(queue, "outbox.pass", [queue], key=signing._key())  # read here
                wait_for(lambda: drained(connection) and len(got) == number, 20, f"message {number}")  # noqa: B023
                if number == 1:
                    with server_stopped(stack, broker), pytest.raises(connection.connection_errors):
                        getattr(got[0], end)()


def drained(connection: kombu.Connection) -> bool:
    with suppress(TimeoutError, *connection.connection_errors):
        connection.drain_events(timeout=0.2)
    return True


@contextmanager
def server_stopped(stack: Stack, broker: Broker) -> Iterator[None]:
    """Killed, and not started again meanwhile: the keeper stands still."""
    keeper = psutil.Process(stack.process.pid)
    killed = stack.pid("valkey")
    keeper.suspend()
    try:
        stack.kill("valkey")
        yield
    finally:
        keeper.resume()
    stack.back("valkey", killed)
    wait_for(stack.ready, 30, "the broker answers")


def test_documents_of_somebody_else_hide_nothing(stack: Stack, account: Callable[[], str]) -> None:
    """In the notifications, and among the emails that lie ready: there they would stop the recovery of all others."""
    old = datetime(2020, 1, 1, tzinfo=UTC)
    with pymongo.MongoClient(stack.topology()["databases"]["notification"]["dsn"]) as client:
        database = client.get_default_database("notification")
        odd = {"cents": "7", "sent_at": "now", "text": ["a"], "withdrawal_id": 7}
        strange = [{"_id": "x"}, {"_id": "y", "account": "a stranger", **odd}]
        database["notifications"].insert_many(strange)
        database["outgoing"].insert_one({"_id": "garbage", "at": old})
        try:
            assert stack.client.get("/notifications/").status_code == 200
            page = stack.client.get("/notifications/", params={"account": "a stranger"})
            assert "[&#x27;a&#x27;]" in page.text
            name = account()
            run_id = stack.withdraw("two_phase", name, "message.NotificationDone:drop")
            check_end(stack, "two_phase", name, run_id, OK, GONE)  # if its workers still look for the broker
            left = stack.manage("recover", "--once", "--min-age", "0", check=False)
            assert left.returncode == 1
            assert "notification: 'garbage' names no run" in left.stdout
        finally:
            database["notifications"].delete_many({"_id": {"$in": ["x", "y"]}})
            database["outgoing"].delete_many({})


def test_garbage_on_the_live_stream_and_on_a_socket(stack: Stack, account: Callable[[], str]) -> None:
    live = redis.Redis.from_url(stack.topology()["broker"]["url"].rsplit("/", 1)[0] + "/1")
    name = account()
    run_id = stack.withdraw("saga", name, "payment.before_tx:hold")
    address = stack.url.replace("http", "ws") + f"/ws/runs/{run_id}/?format=json"
    with connect(address, origin=stack.url) as socket:
        for fields in ({"a": "b"}, {"run": "x", "seq": "1"}, {"run": run_id, "seq": "9" * 5000}, {b"\xff": b"\xfe"}):
            live.xadd("dv:live", fields)
        for said in ("garbage", DEEP, b"\xff\xfe", "{}"):
            socket.send(said)
        stack.reaches(run_id, "hold", "held")
        stack.client.post(f"/api/runs/{run_id}/release")
        wait_for(lambda: "finished" in str(socket.recv(timeout=20)), 30, "the socket still tells the end")
