"""A home from before there were roles is changed over at the next start, and keeps what it has."""

import json
import shutil

import pytest

from distviz.stack import layout, logins
from tests.support.roles import session
from tests.support.stack import Stack, running, wait_for

RUN = "3f2c1d4e-0000-4000-8000-000000000001"
_EVERYTHING_IS_THE_SUPERUSERS = f"""
DO $$ DECLARE found text; BEGIN
    FOR found IN SELECT c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
    LOOP EXECUTE format('ALTER TABLE %s OWNER TO {logins.SUPERUSER}', found); END LOOP;
    FOR found IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO {logins.SUPERUSER}', found); END LOOP;
END $$
"""


def make_older(stack: Stack) -> None:
    """As an earlier version left it: one superuser, nobody asked for a password, three secrets."""
    roles = ", ".join((*logins.ROLES, logins.FINISHER))
    for alias, (_, name, _) in layout.DATABASES.items():
        with session(stack, alias, logins.SUPERUSER) as connection:
            connection.execute(f"ALTER DATABASE {name} OWNER TO {logins.SUPERUSER}".encode())
            connection.execute(_EVERYTHING_IS_THE_SUPERUSERS.encode())
            connection.execute(f"DROP OWNED BY {roles}".encode())
            connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO PUBLIC".encode())
    for alias in ("default", "account", "payment"):
        with session(stack, alias, logins.SUPERUSER) as connection:
            connection.execute(f"DROP ROLE {roles}".encode())
    with session(stack, "account", logins.SUPERUSER) as connection:  # in doubt when the version is changed
        connection.execute("BEGIN")
        connection.execute("UPDATE accounts SET balance = 0 WHERE protocol = 'two_phase' AND name = 'alice'")
        connection.execute(f"PREPARE TRANSACTION 'dv:{RUN}:account'".encode())
    assert stack.stop() == 0
    secrets = json.loads((stack.home / "secrets.json").read_text())
    kept = {name: secrets[name] for name in ("django", "postgres", "admin")}
    (stack.home / "secrets.json").write_text(json.dumps(kept))
    for server in layout.PG_SERVERS:
        (stack.home / f"pg-{server}" / "pg_hba.conf").write_text("local all all trust\n")
    for name in ("pgpass", "prepared.json", "valkey/users.acl"):
        (stack.home / name).unlink()
    shutil.rmtree(stack.home / "run")
    stack.home.chmod(0o755)


@pytest.mark.thorough
def test_an_older_home_gets_its_roles_and_loses_nothing() -> None:
    with running(accounts=0) as stack:
        protocols = ("monolith", "saga", "event_sourcing", "outbox")
        done = {protocol: stack.withdraw(protocol, "bob") for protocol in protocols}
        for run_id in done.values():
            assert stack.ended(run_id)["status"] == "succeeded"
        make_older(stack)

        stack.start(accounts=0)
        for protocol, run_id in done.items():
            assert stack.run(run_id)["status"] == "succeeded"
            assert stack.balance(protocol, "bob") == "900.00"
            assert stack.ended(stack.withdraw(protocol, "bob"))["status"] == "succeeded"
        wait_for(lambda: not stack.prepared(), 30, "what the superuser had prepared is finished")
        assert stack.balance("two_phase", "alice") == "1000.00"
        mine = "FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        owners = f"SELECT DISTINCT pg_get_userbyid(relowner) AS name {mine}"
        for alias in layout.DATABASES:
            assert stack.sql(alias, owners) == [{"name": logins.OWNER}]
        assert stack.home.stat().st_mode & 0o007 == 0
        assert stack.manage("books", check=False).returncode == 0
        a_locked_table_waits_for_the_next_time(stack)


def a_locked_table_waits_for_the_next_time(stack: Stack) -> None:
    """With the sequence of its column, which cannot have another owner."""
    owner = "SELECT pg_get_userbyid(relowner) AS name FROM pg_class WHERE relname = 'ledger'"
    with session(stack, "account", logins.SUPERUSER) as connection:
        connection.execute(f"ALTER TABLE ledger OWNER TO {logins.SUPERUSER}".encode())
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE ledger IN ACCESS SHARE MODE")
        connection.execute("PREPARE TRANSACTION 'foreign: it locks the ledger'")
    stack.manage("prepare")
    assert stack.sql("account", owner) == [{"name": logins.SUPERUSER}]
    stack.sql("account", "ROLLBACK PREPARED 'foreign: it locks the ledger'")
    stack.manage("prepare")
    assert stack.sql("account", owner) == [{"name": logins.OWNER}]
