"""A lab that others reach: who may do what, whose share is whose, and that nothing waits for a person for ever."""

import json
import math
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, takewhile
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from protocols.registry import PROTOCOLS
from tests.support.freezing import frozen, server
from tests.support.stack import FINAL, Stack, running, wait_for

WAIT, SHARE, VIEWS = 10, len(PROTOCOLS), 3
SLACK = 5  # seconds, for a machine that has other work
_hosts = count(1)


@pytest.fixture(scope="module")
def gated() -> Iterator[Stack]:
    """Bound to everything, failures switched on, behind a proxy: whose address each request gives for its client."""
    env = {"DISTVIZ_HOST": "0.0.0.0", "ALLOWED_HOSTS": "localhost", "FAULTS_ENABLED": "1"}
    env |= {"TRUSTED_PROXIES": "127.0.0.1", "WAIT_MAX_SECONDS": str(WAIT), "MAX_OPEN_RUNS_PER_CLIENT": str(SHARE)}
    env |= {"MAX_OPEN_RUNS": "60", "COSTLY_PER_MINUTE": "60", "MAX_VIEWS_PER_CLIENT": str(VIEWS)}
    with running(env=env) as instance:
        yield instance
        assert instance.manage("books", check=False).returncode == 0


@pytest.fixture
def client(gated: Stack) -> Iterator[Callable[..., httpx.Client]]:
    """Clients that the proxy speaks for, each with an address of its own."""
    made: list[httpx.Client] = []

    def another(**more: Any) -> httpx.Client:
        headers = {"X-Forwarded-For": f"198.51.100.9, 192.0.2.{next(_hosts)}"}
        made.append(httpx.Client(base_url=gated.url, headers=headers, timeout=15, **more))
        return made[-1]

    yield another
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def olha(gated: Stack) -> tuple[str, str]:
    """An operator's name and password, as the command prints them."""
    output = gated.manage("operator", "olha").stdout
    assert "Password" not in gated.manage("operator", "olha").stdout  # she has one
    return "olha", output.rpartition(" ")[2].strip()


def asked(account: str = "", protocol: str = "saga", **more: Any) -> dict[str, Any]:
    return {"protocol": protocol, "account": account, "amount": "1.00", **more}


def signed_in(client: httpx.Client, who: tuple[str, str]) -> httpx.Client:
    """Through the form; a call costs no password's hash from then on."""
    form = {"csrfmiddlewaretoken": client.get("/login/").cookies["csrftoken"], "username": who[0], "password": who[1]}
    assert client.post("/login/", data=form).status_code == 302
    return client


FAULT = [{"at": "payment.in_tx", "do": "decline"}]
LOSES = [
    ("/api/runs", asked("alice", faults=FAULT)),
    ("/api/runs", asked("alice", mode="step")),
    ("/api/runs/{run}/release", None),
    ("/api/runs/{run}/retry", None),
    ("/api/runs/{run}/resolve", {"action": "commit", "reason": "because"}),
    ("/api/runs/{run}/messages/deliver", None),
    ("/api/runs/{run}/messages/{run}/drop", None),
    ("/api/runs/{run}/fork", {"faults": FAULT}),
    ("/api/imports", {}),
]


def test_anybody_may_look_and_withdraw(gated: Stack, client: Any, account: Any) -> None:
    made = client().post("/api/runs", json=asked(account()))
    assert made.status_code == 202
    assert gated.ended(made.json()["id"])["status"] == "succeeded"
    visitor = client()
    for page in ("/", "/lab/saga/", "/race/", "/runs/", made.json()["links"]["page"], "/outbox/", "/attention/"):
        assert visitor.get(page).status_code == 200, page


@pytest.mark.parametrize(("address", "body"), LOSES, ids=[f"{path} {body}" for path, body in LOSES])
def test_who_has_no_name_cannot_break_or_force_anything(
    gated: Stack, client: Any, account: Any, address: str, body: Any
) -> None:
    run = client().post("/api/runs", json=asked(account())).json()["id"]
    before = gated.sql("default", "SELECT count(*) AS n FROM runs")[0]["n"]
    answer = client().post(address.format(run=run), json=body) if body else client().post(address.format(run=run))
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "log_in"
    assert "HTTP Basic" in answer.json()["error"]
    assert gated.sql("default", "SELECT count(*) AS n FROM runs")[0]["n"] == before


def test_pages_do_not_offer_it_and_forms_are_refused(gated: Stack, client: Any, account: Any) -> None:
    visitor = client()
    page = visitor.get("/lab/saga/").text
    assert 'name="fault"' not in page
    assert "Only operators can inject failures" in page
    assert '<a href="/login/?next=/lab/saga/">' in page
    form = {"account": account(), "amount": "1.00", "csrfmiddlewaretoken": visitor.cookies["csrftoken"]}
    assert visitor.post("/lab/saga/", data={**form, "mode": "step"}).status_code == 401
    assert visitor.post("/outbox/stop/", data=form).status_code == 401
    assert visitor.post("/lab/saga/", data=form).status_code == 303


@pytest.mark.parametrize("prefix", ["/api", "/api/", "%2Fapi"])
def test_no_header_walks_around_the_gate(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str], prefix: str
) -> None:
    """Daphne takes the prefix of the lab from a header that anybody can send."""
    body = asked(account(), faults=[{"at": "account.in_tx", "do": "hold"}])
    run = client(auth=olha).post("/api/runs", json=body).json()["id"]
    gated.reaches(run, "hold", "held")
    visitor = client()
    visitor.get("/")
    form = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}
    for address in (f"/runs/{run}/release/", f"/api/runs/{run}/release/", "/api/outbox/stop/"):
        answer = visitor.post(address, data=form, headers={"Daphne-Root-Path": prefix})
        assert answer.status_code in (400, 401, 404, 415), (address, answer.text)
    assert gated.run(run)["holding"]
    assert visitor.get("/runs/", headers={"Daphne-Root-Path": "/runs"}).status_code == 200
    client(auth=olha).post(f"/api/runs/{run}/release")
    gated.ended(run)


def test_an_operator_may_with_a_password_and_with_a_session(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    program = client(auth=olha)
    run = program.post("/api/runs", json=asked(account(), mode="step")).json()["id"]
    parked = wait_for(lambda: gated.run(run)["parked"])
    assert program.post(f"/api/runs/{run}/messages/{parked[0]['mid']}/duplicate").status_code == 200

    person = client(follow_redirects=True)
    form = {"csrfmiddlewaretoken": person.get("/login/").cookies["csrftoken"], "next": "/lab/saga/"}
    came = person.post("/login/", data={**form, "username": olha[0], "password": olha[1]})
    assert came.url.path == "/lab/saga/"
    assert 'name="fault"' in came.text
    run = person.post("/api/runs", json=asked(account(), faults=FAULT)).json()["id"]
    assert gated.ended(run)["status"] == "compensated"

    acts = gated.sql("default", "SELECT actor, what FROM operator_actions WHERE what = 'duplicate'")
    assert acts == [{"actor": "olha", "what": "duplicate"}]


def test_what_is_everybodys_leaves_nothing_in_the_record_of_operators(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """Refused or not: as many forks as one likes would push out what operators did. The run itself says whose it is."""
    visitor = client()
    run = visitor.post("/api/runs", json=asked(account())).json()["id"]
    address = visitor.headers["X-Forwarded-For"].rpartition(" ")[2]
    gated.ended(run)
    made = [visitor.post(f"/api/runs/{run}/fork", json={}).json()["id"]]
    visitor.get("/")
    made.append(visitor.post(f"/api/runs/{run}/fork", json={}).json()["id"])
    assert visitor.post(f"/api/runs/{run}/fork", json={"faults": FAULT}).status_code == 401
    assert visitor.post(f"/api/runs/{run}/rival").status_code == 409
    form, script = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}, {"X-Requested-With": "fetch"}
    assert visitor.post(f"/runs/{run}/again/", data=form, headers=script).status_code == 204
    assert visitor.post(f"/runs/{run}/fork/", data=form, headers=script).status_code == 204
    assert visitor.post(f"/runs/{run}/rival/", data=form, headers={"HX-Request": "true"}).status_code == 409
    assert gated.sql("default", "SELECT * FROM operator_actions WHERE run_id = %s", run) == []
    query = "SELECT client, network FROM runs WHERE id = %s"
    clients = [gated.sql("default", query, one)[0] for one in made]
    assert clients[0] == {"client": f"address:{address}", "network": address}
    assert clients[1]["client"].removeprefix("client:") == visitor.cookies["dv_client"].partition(":")[0]
    assert client(auth=olha).post(f"/api/runs/{run}/release").status_code == 409
    query = "SELECT actor FROM operator_actions WHERE run_id = %s"
    assert gated.sql("default", query, run) == [{"actor": "olha"}]


def test_two_peoples_equal_keys_do_not_meet(client: Any, account: Any) -> None:
    body, key = asked(account()), {"Idempotency-Key": "the-same"}
    one, two = client(), client()
    made = [who.post("/api/runs", json=body, headers=key).json()["id"] for who in (one, two, one, two)]
    assert made[:2] == made[2:]
    assert made[0] != made[1]


def test_one_who_parks_everything_locks_nobody_out_and_is_told_when(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """498 runs in step mode locked everybody out for good."""
    operator = signed_in(client(), olha)
    wait_for(lambda: not mine(gated, "user:%"), what="her share is free again")
    runs = []
    for protocol in PROTOCOLS:
        made = operator.post("/api/runs", json=asked(account(), protocol, mode="step"))
        assert made.status_code == 202, made.text
        runs.append(made.json()["id"])
    refused = operator.post("/api/runs", json=asked(account()))
    asked_at = time.monotonic()
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_open")
    promised = int(refused.headers["Retry-After"])
    assert 1 <= promised <= WAIT + 3
    form = {"csrfmiddlewaretoken": operator.cookies["csrftoken"], "account": account(), "amount": "1.00"}
    script = {"X-Requested-With": "fetch", "HX-Request": "true"}
    for page, more, headers in (
        ("/lab/saga/", {}, {}),
        ("/race/", {"protocol": ["saga", "outbox"]}, {}),
        ("/learn/one-or-many/", {"answer": "once-each"}, {}),
        (f"/runs/{runs[0]}/again/", {}, script),
        (f"/runs/{runs[0]}/rival/", {}, script),
    ):
        answer = operator.post(page, data={**form, **more}, headers=headers)
        assert (answer.status_code, page) == (429, page)
        assert 1 <= int(answer.headers["Retry-After"]) <= WAIT + 3, page
    assert client().post("/api/runs", json=asked(account())).status_code == 202  # others have their own

    name = account()

    def let_in() -> bool:
        return operator.post("/api/runs", json=asked(name)).status_code == 202

    wait_for(let_in, promised + SLACK, "a place is free when it was promised")
    assert time.monotonic() - asked_at < promised + SLACK
    for run in runs:
        assert gated.ended(run)["status"] == "succeeded", run
        assert ("sweep", "untouched") in {(event["kind"], event["phase"]) for event in gated.events(run)}


def test_requests_in_parallel_do_not_all_see_the_last_place(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """Each counted the open runs before any of the others was written. A double click at the limit is one run."""
    operator = signed_in(client(), olha)
    operator.timeout = httpx.Timeout(60)
    wait_for(lambda: not mine(gated, "user:%"), WAIT + 20, "her share is free again")
    name = account()
    key = {"Idempotency-Key": "a-double-click-at-the-limit"}

    def ask(headers: dict[str, str]) -> httpx.Response:
        return operator.post("/api/runs", json=asked(name, mode="step"), headers=headers)

    with ThreadPoolExecutor(24) as pool:
        statuses = [answer.status_code for answer in pool.map(ask, [{}] * 24)]
    assert statuses.count(202) >= SHARE
    assert statuses.count(202) + statuses.count(429) == 24
    assert gated.sql("default", AT_ONCE, name)[0]["most"] <= SHARE
    wait_for(lambda: not mine(gated, "user:%"), WAIT + 20, "her share is free again")
    for _turn in range(SHARE - 1):
        assert ask({}).status_code == 202
    with ThreadPoolExecutor(8) as pool:
        twice = list(pool.map(ask, [key] * 8))
    assert {answer.status_code for answer in twice} == {202}, [answer.text for answer in twice]
    assert len({answer.json()["id"] for answer in twice}) == 1


def test_a_race_in_parallel_with_others_is_made_whole_or_not_at_all(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """Each saw room for all of its runs, and the others took it while it was made."""
    operator = signed_in(client(), olha)
    operator.timeout = httpx.Timeout(60)
    form = {"csrfmiddlewaretoken": operator.cookies["csrftoken"], "amount": "1.00", "protocol": list(PROTOCOLS)[:3]}
    form |= {"fault": "account.in_tx:delay", "times": "1", "ms": "1500"}  # all are open at once
    refused = made = 0
    for _turn in range(2):
        wait_for(lambda: not mine(gated, "user:%"), WAIT + 20, "her share is free again")
        name, keys = account(), [uuid.uuid4().hex for _number in range(8)]

        def ask(key: str, name: str = name) -> int:
            return operator.post("/race/", data={**form, "account": name, "key": key}).status_code

        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(ask, keys))
        assert set(told) <= {303, 429}
        found = [row["key"] for row in gated.sql("default", "SELECT key FROM runs WHERE account = %s", name)]
        counted = [sum(one.startswith(key) for one in found) for key in keys]
        assert counted == [3 if status == 303 else 0 for status in told]
        refused, made = refused + told.count(429), made + told.count(303)
    assert refused
    assert made


def test_who_waits_for_a_share_keeps_no_session_of_a_database(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """Twice as many requests of one client as the web server has sessions, and the first of them is slow."""
    operator = signed_in(client(), olha)
    operator.timeout = httpx.Timeout(60)
    wait_for(lambda: not mine(gated, "user:%"), WAIT + 20, "her share is free again")
    name = account()
    form = {"csrfmiddlewaretoken": operator.cookies["csrftoken"], "amount": "1.00", "account": name}

    def ask(number: int) -> int:
        protocol = [list(PROTOCOLS)[number % 3]]
        return operator.post("/race/", data={**form, "protocol": protocol, "key": uuid.uuid4().hex}).status_code

    assert ask(0) == 303
    [first] = gated.sql("default", "SELECT client FROM runs WHERE account = %s", name)
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(gated.dsn("default")) as other, ThreadPoolExecutor(16) as pool:
        other.execute("SELECT pg_advisory_xact_lock('runs'::regclass::oid::int, hashtext(%s))", [first["client"]])
        asked = [pool.submit(ask, number) for number in range(16)]
        wait_for(lambda: gated.sql("default", waits), 10, "the first of them waits")
        assert client().get("/runs/").status_code == 200
        told = [one.result() for one in asked]
    assert set(told) == {429}


def test_a_race_one_of_whose_keys_is_in_use_is_not_begun(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """The form again with another amount and one protocol more, that comes first."""
    operator = signed_in(client(), olha)
    wait_for(lambda: not mine(gated, "user:%"), WAIT + 20, "her share is free again")
    name = account()
    form = {"csrfmiddlewaretoken": operator.cookies["csrftoken"], "account": name, "key": uuid.uuid4().hex}
    told = [
        operator.post("/race/", data={**form, "amount": amount, "protocol": chosen}).status_code
        for amount, chosen in (("1.00", ["saga"]), ("2.00", ["monolith", "saga"]), ("1.00", ["monolith", "saga"]))
    ]
    assert told == [303, 422, 303]
    rows = gated.sql(
        "default", "SELECT protocol, amount::text FROM runs WHERE key LIKE %s ORDER BY 1", f"{form['key']}%"
    )
    assert [tuple(row.values()) for row in rows] == [("monolith", "1.00"), ("saga", "1.00")]


def test_what_an_operator_touches_waits_on(gated: Stack, client: Any, account: Any, olha: tuple[str, str]) -> None:
    """The limit runs from the last thing that happened, for what has been parked for longer too."""
    operator = signed_in(client(), olha)
    wait_for(lambda: len(mine(gated, "user:%")) < SHARE)
    run = operator.post("/api/runs", json=asked(account(), mode="step")).json()["id"]
    first = wait_for(lambda: gated.run(run)["parked"])[0]["mid"]
    assert operator.post(f"/api/runs/{run}/messages/{first}/duplicate").status_code == 200

    def parked() -> list[str]:
        return [message["mid"] for message in gated.run(run)["parked"]]

    touched, left = wait_for(lambda: parked() if len(parked()) == 2 else [], what="what follows from each copy")
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > WAIT * 0.7, WAIT)
    assert operator.post(f"/api/runs/{run}/messages/{touched}/deliver").status_code == 200
    wait_for(lambda: time.monotonic() - began > WAIT * 1.4, WAIT)
    assert gated.run(run)["mode"] == "step"
    assert left in parked()
    assert gated.ended(run)["status"] == "succeeded"


def test_a_held_step_goes_on_by_itself(gated: Stack, client: Any, account: Any, olha: tuple[str, str]) -> None:
    wait_for(lambda: len(mine(gated, "user:%")) < SHARE)
    body = asked(account(), faults=[{"at": "account.in_tx", "do": "hold"}])
    run = signed_in(client(), olha).post("/api/runs", json=body).json()["id"]
    gated.reaches(run, "hold", "held")
    assert gated.ended(run, WAIT + 20)["status"] == "succeeded"


# How many of the runs of an account were open at the same time; on a busy machine the first may be over by the last.
AT_ONCE = """
SELECT max(n) AS most FROM (
    SELECT count(*) AS n FROM runs AS later JOIN runs AS other USING (client, account)
    WHERE later.account = %s AND other.mode = 'step' AND other.created_at <= later.created_at
    AND (other.finished_at IS NULL OR other.finished_at > later.created_at)
    GROUP BY later.id
) AS found
"""


def mine(gated: Stack, like: str) -> list[dict[str, Any]]:
    open_ones = "SELECT id FROM runs WHERE client LIKE %s AND finished_at IS NULL"
    return gated.sql("default", open_ones, like)


def test_what_costs_processor_time_has_a_share(client: Any) -> None:
    visitor = client()
    answers = (visitor.get("/api/books") for _turn in range(30))
    answer = next(one for one in answers if one.status_code != 200)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_costly"
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert client().get("/api/books").status_code == 200
    assert visitor.get("/api/runs").status_code == 200


def test_passwords_are_not_found_by_trying(client: Any, olha: tuple[str, str]) -> None:
    guesser = client(auth=("olha", "guess"))
    answers = (guesser.post("/api/runs", json=asked("alice")) for _turn in range(60))
    refused = [answer.status_code for answer in takewhile(lambda answer: answer.status_code != 429, answers)]
    assert refused == [401] * len(refused)
    assert 10 <= len(refused) < 60
    assert client(auth=olha).post("/api/runs", json=asked("alice")).status_code == 202  # she is not locked out


def test_the_right_password_may_come_in_parallel(client: Any, olha: tuple[str, str]) -> None:
    """More than ten at once were refused for their number."""
    program = client(auth=olha)
    program.timeout = httpx.Timeout(60)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _turn: program.get("/api/runs").status_code, range(16)))
    assert statuses == [200] * 16


def test_live_views_are_counted_for_whom_the_proxy_speaks(gated: Stack, client: Any) -> None:
    def view(address: str) -> Any:
        headers = {"X-Forwarded-For": address}
        return connect(
            f"ws://127.0.0.1:{gated.port}/ws/lab/?format=json", origin=Origin(gated.url), additional_headers=headers
        )

    opened = [view("192.0.2.250") for _turn in range(VIEWS)]
    try:
        with pytest.raises(InvalidStatus) as refusal:
            view("192.0.2.250")
        assert refusal.value.response.status_code == 429
        opened.append(view("192.0.2.251"))
        opened[-1].send(json.dumps({"type": "release", "run": "x"}))  # says something: nothing comes of it
    finally:
        for one in opened:
            one.close()
    wait_for(lambda: _opens(view), what="what is closed is given back")


def _opens(view: Callable[[str], Any]) -> bool:
    try:
        view("192.0.2.250").close()
    except InvalidStatus:
        return False
    return True


def test_while_it_is_not_known_who_asks_that_is_said(
    gated: Stack, client: Any, account: Any, olha: tuple[str, str]
) -> None:
    """Sessions and users are in a database. What stands before a page or a call asks for them as well."""
    run = client().post("/api/runs", json=asked(account())).json()["id"]
    gated.ended(run)
    person, program = signed_in(client(), olha), client(auth=olha)
    form = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
    with frozen(server(gated, "postgres:lab")):
        assert person.get("/nowhere/").status_code == 404
        assert person.get("/runs/?account=%00").status_code == 400
        for answer in (person.get(f"/runs/{run}/export.json"), person.post(f"/runs/{run}/release/", data=form)):
            assert answer.status_code == 503, answer.text
            assert "A database does not answer" in answer.text
        for answer in (person.get("/api/books"), program.get("/api/runs"), program.post("/api/runs", json={})):
            assert (answer.status_code, answer.json()["code"]) == (503, "server_silent")
            assert "default" in answer.json()["unanswered"]
    wait_for(gated.ready, 60, "all is well again")
    assert [program.get("/api/runs").status_code for _turn in range(9)] == [200] * 9  # no attempt was counted


def test_every_open_run_is_over_in_the_end(gated: Stack) -> None:
    """Nothing of what this module has parked, held or broken is left."""

    def left() -> list[str]:
        rows = gated.sql("default", "SELECT status FROM runs WHERE finished_at IS NULL")
        return [row["status"] for row in rows if row["status"] not in FINAL]

    wait_for(lambda: not left(), math.ceil(WAIT + 20), "every run is over")
