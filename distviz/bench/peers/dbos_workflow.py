"""DBOS: one durable workflow with three steps."""

import os
import sys
import uuid
from urllib.parse import quote

from dbos import DBOS

from distviz.bench.peers.running import Config, answer, parts

config = Config(sys.argv[1])


@DBOS.step()
def deduct(tx: str, account: str) -> None:
    config.hop(0, tx, account)


@DBOS.step()
def charge(tx: str, account: str) -> None:
    config.hop(1, tx, account)


@DBOS.step()
def notify(tx: str, account: str) -> None:
    config.hop(2, tx, account)


@DBOS.workflow()
def withdraw(tx: str, account: str) -> None:
    deduct(tx, account)
    charge(tx, account)
    notify(tx, account)


def main() -> None:
    at = parts(config.all["databases"]["peers"])
    who = f"{quote(at['user'], safe='')}:{quote(at['password'], safe='')}"
    url = f"postgresql+psycopg://{who}@/{at['dbname']}?host={quote(at['host'], safe='')}&port={at['port']}"
    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "application_version": "bench"})
    DBOS.launch()
    answer(config.loop(lambda: withdraw(str(uuid.uuid4()), config.account())))
    sys.stdout.flush()
    os._exit(0)  # its threads would be waited for


if __name__ == "__main__":
    main()
