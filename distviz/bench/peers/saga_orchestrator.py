"""saga-framework's client: starts its workers, then sagas in a closed loop."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator

from distviz.bench.beside.workers import command

READY_S, ANSWER_S = 60, 30


def main() -> None:
    os.environ["DISTVIZ_BENCH"] = sys.argv[1]
    from distviz.bench.peers import saga_app
    from distviz.bench.peers.running import Config, answer

    config = Config(sys.argv[1])
    saga_app.sql(saga_app.TABLE)
    with workers(saga_app.QUEUES, config.all["workers"]):
        answer(config.loop(lambda: once(saga_app, config.account())))


def once(saga_app: object, account: str, seconds: float = ANSWER_S) -> None:
    from distviz.bench.peers.saga_app import DONE, WithdrawalSaga, answers, app, sql, states

    insert = "INSERT INTO sagas (tx, account, status) VALUES (%(tx)s, %(account)s, 'new') RETURNING id"
    number = sql(insert, tx=str(uuid.uuid4()), account=account)[0]["id"]
    WithdrawalSaga(saga_state_repository=states, celery_app=app, saga_id=number).execute()
    if answers(os.getpid()).blpop([f"{DONE}{number}"], timeout=seconds) is None:
        raise TimeoutError("a saga did not end in time")


@contextlib.contextmanager
def workers(queues: tuple[str, ...], children: int) -> Iterator[None]:
    started = []
    for queue in queues:
        words = command("distviz.bench.peers.saga_app", queue, children, f"peer-{os.getpid()}", "ERROR")
        started.append(subprocess.Popen([sys.executable, *words], stdin=subprocess.DEVNULL, stdout=sys.stderr))
    try:
        _wait(started)
        yield
    finally:
        for worker in started:
            worker.terminate()
        for worker in started:
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()


def _wait(started: "list[subprocess.Popen[bytes]]") -> None:
    from distviz.bench.peers import saga_app

    until = time.monotonic() + READY_S
    while True:
        try:
            return once(saga_app, "alice", 2)
        except TimeoutError:
            if time.monotonic() > until or any(worker.poll() is not None for worker in started):
                raise


if __name__ == "__main__":
    main()
