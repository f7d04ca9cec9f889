"""saga-framework: an orchestrator and three services as Celery workers, its state in a table of PostgreSQL."""

import os
import threading
from decimal import Decimal
from functools import lru_cache
from typing import Any

import redis
from psycopg import sql as names
from saga_framework import AbstractSagaStateRepository, AsyncStep, StatefulSaga, saga_step_handler

from distviz.bench.beside import template, workers

CONFIG = template.read(os.environ["DISTVIZ_BENCH"])
AMOUNT = Decimal(CONFIG["amount"])
PREFIX = "dv:bench:peer:"
DONE = f"{PREFIX}done:"
ORCHESTRATOR, SERVICES = "orchestrator", ("account", "payment", "notification")
QUEUES = (ORCHESTRATOR, *SERVICES)
_mine = threading.local()
TABLE = "CREATE TABLE IF NOT EXISTS sagas (id bigserial PRIMARY KEY, tx uuid, account text, status text)"

app = workers.app("peer", CONFIG["broker"], PREFIX, QUEUES)


def hands() -> template.Hands:
    """Each thread's own; a worker's child has one, opened after the fork."""
    if not hasattr(_mine, "hands"):
        _mine.hands = template.Hands(CONFIG["databases"], CONFIG["notification"])
    found: template.Hands = _mine.hands
    return found


@lru_cache(maxsize=1)
def answers(pid: int) -> Any:
    return redis.Redis.from_url(CONFIG["broker"])


def sql(text: str, **params: Any) -> list[dict[str, Any]]:
    return hands().rows("peers", text, params)


class States(AbstractSagaStateRepository):
    def get_saga_state_by_id(self, saga_id: int) -> Any:
        return sql("SELECT id, tx::text, account, status FROM sagas WHERE id = %(id)s", id=saga_id)[0]

    def update_status(self, saga_id: int, status: str) -> Any:
        return sql("UPDATE sagas SET status = %(status)s WHERE id = %(id)s RETURNING id", id=saga_id, status=status)

    def update(self, saga_id: int, **fields_to_update: str) -> Any:
        columns = names.SQL(", ").join(
            names.SQL("{} = {}").format(names.Identifier(name), names.Placeholder(name)) for name in fields_to_update
        )
        statement = names.SQL("UPDATE sagas SET {} WHERE id = %(id)s RETURNING id").format(columns)
        return sql(statement.as_string(), **fields_to_update, id=saga_id)

    def on_step_failure(self, saga_id: int, failed_step: Any, initial_failure_payload: dict[str, Any]) -> Any:
        return None


class WithdrawalSaga(StatefulSaga):
    def __init__(self, *given: Any, **named: Any) -> None:
        self.steps = [
            AsyncStep(name=name, base_task_name=f"bench.{name}", queue=name, action=self.ask) for name in SERVICES
        ]
        super().__init__(*given, **named)

    def ask(self, step: Any) -> None:
        state = self.saga_state
        self.send_message_to_other_service(step, {"tx": state["tx"], "account": state["account"]})

    def on_saga_success(self) -> None:
        super().on_saga_success()
        with answers(os.getpid()).pipeline(transaction=False) as pipe:
            pipe.lpush(f"{DONE}{self.saga_id}", 1).expire(f"{DONE}{self.saga_id}", 60).execute()


def _service(number: int, name: str) -> None:
    def work(task: Any, saga_id: int, payload: dict[str, Any]) -> dict[str, Any]:
        template.carry_out(hands(), CONFIG["hops"][number], payload["tx"], payload["account"], AMOUNT)
        return {}

    app.task(bind=True, name=f"bench.{name}")(saga_step_handler(ORCHESTRATOR)(work))


for _number, _name in enumerate(SERVICES):
    _service(_number, _name)
states = States()
WithdrawalSaga.register_async_step_handlers(states, app)
