"""The bare chain's Celery app: one task, whose hops are statements by psycopg. No Django, nothing of the lab.

Its queues have the names of the services' under a prefix of their own, its pool and flags are those of the lab's
workers. Started by engine.py, which writes the file that `DISTVIZ_BENCH` names.
"""

import os
from decimal import Decimal
from functools import lru_cache
from typing import Any

import redis

from distviz.bench.beside import template, workers

CONFIG = template.read(os.environ["DISTVIZ_BENCH"])
AMOUNT = Decimal(CONFIG["amount"])
PREFIX = "dv:bench:"
DONE = f"{PREFIX}done:"
KEPT_S = 60  # an answer that nobody reads

QUEUES = dict.fromkeys(hop["queue"] for hop in CONFIG["hops"])

app = workers.app("bench", CONFIG["broker"], PREFIX, QUEUES, task_create_missing_queues=False)


@app.task(name="bench.hop")
def hop(number: int, tx: str, account: str) -> None:
    template.carry_out(_hands(os.getpid()), CONFIG["hops"][number]["work"], tx, account, AMOUNT)
    if number == len(CONFIG["hops"]) - 1:
        with _answers(os.getpid()).pipeline(transaction=False) as pipe:
            pipe.lpush(DONE + tx, 1).expire(DONE + tx, KEPT_S).execute()


@lru_cache(maxsize=1)
def _hands(pid: int) -> template.Hands:
    """One set of connections for each child."""
    return template.Hands(CONFIG["databases"], CONFIG["notification"])


@lru_cache(maxsize=1)
def _answers(pid: int) -> Any:
    return redis.Redis.from_url(CONFIG["broker"])
