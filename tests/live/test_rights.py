"""Who may do what in the databases, as PostgreSQL says, and as it answers to whoever tries."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from distviz.stack import layout, logins, rights
from protocols.registry import PROTOCOLS
from tests.support.roles import dsn, session
from tests.support.stack import Stack

APP = logins.ROLES[1:]  # all but the owner
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
_TABLES = """
SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
"""
_MAY = f"""
SELECT r.role, t.name AS "table", p.privilege,
    has_table_privilege(r.role, format('public.%%I', t.name), p.privilege) AS may,
    p.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
        AND has_any_column_privilege(r.role, format('public.%%I', t.name), p.privilege) AS some
FROM unnest(%(roles)s::text[]) AS r (role), ({_TABLES}) AS t, unnest(%(privileges)s::text[]) AS p (privilege)
"""
# What is only ever appended to: money, the event store, what has happened to a run.
APPENDED = {
    "account": ("ledger", "two_phase_marker", "closed_withdrawals"),
    "payment": ("payments", "two_phase_marker", "closed_withdrawals"),
    "monolith": ("transactions", "closed_withdrawals"),
    "events": ("events",),
    "default": ("run_events", "operator_actions"),
}


def may(stack: Stack, alias: str) -> dict[tuple[str, str, str], tuple[bool, bool]]:
    rows = stack.sql(alias, _MAY, roles=list(APP), privileges=list(PRIVILEGES))
    return {(row["role"], row["table"], row["privilege"]): (row["may"], row["some"]) for row in rows}


def wanted(role: str, alias: str, table: str, privilege: str) -> tuple[bool, bool]:
    """(on the whole table, on some of its columns), as rights.py has it."""
    if role not in rights.roles_in(alias):
        return False, False
    if privilege == "SELECT":
        reads = rights.reads(role, alias, table)
        return reads, reads
    given = re.findall(rf"{privilege}\b( \()?", rights.of(alias, table).get(role, ""))
    whole = given == [""]
    return whole, bool(given) and privilege in ("INSERT", "UPDATE")


@pytest.mark.parametrize("alias", layout.DATABASES)
def test_every_role_may_do_to_every_table_what_the_list_says(stack: Stack, alias: str) -> None:
    found = may(stack, alias)
    assert found == {key: wanted(key[0], alias, *key[1:]) for key in found}
    tables = {table for _, table, _ in found}
    assert {table for home, table in rights.RIGHTS if home == alias} <= tables


def test_what_was_granted_besides_is_taken_back(stack: Stack) -> None:
    right = ("distviz_web", "ledger", "UPDATE")
    stack.sql("account", "GRANT UPDATE ON ledger TO distviz_web")
    assert may(stack, "account")[right][0]
    stack.manage("prepare")
    assert not may(stack, "account")[right][0]


@pytest.mark.parametrize("alias", APPENDED)
def test_what_is_appended_to_cannot_be_changed_by_any_service(stack: Stack, alias: str) -> None:
    found = may(stack, alias)
    for table in APPENDED[alias]:
        for role in APP:
            assert not found[role, table, "UPDATE"][0], (role, table)
            assert not found[role, table, "TRUNCATE"][0], (role, table)
            assert not found[role, table, "DELETE"][0] or table == "operator_actions", (role, table)


def test_no_role_of_the_services_is_more_than_a_role(stack: Stack) -> None:
    flags = "SELECT rolname AS name, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS more"
    for alias in ("default", "account", "payment"):
        found = stack.sql(alias, f"{flags} FROM pg_roles WHERE rolname LIKE 'distviz\\_%%'")
        assert {row["name"] for row in found} == {*logins.ROLES, logins.FINISHER}
        assert not [row["name"] for row in found if row["more"]]


def test_who_may_connect_to_which_database(stack: Stack) -> None:
    asked = (
        "SELECT role, has_database_privilege(role, current_database(), 'CONNECT') AS may FROM unnest(%s::text[]) role"
    )
    for alias in layout.DATABASES:
        found = {row["role"] for row in stack.sql(alias, asked, list(APP)) if row["may"]}
        assert found == {role for role in APP if alias in logins.homes(role)}, alias


ATTEMPTS = [
    ("events", "distviz_web", "UPDATE events SET data = '{}'"),
    ("events", "distviz_account", "DELETE FROM events"),
    ("events", "distviz_account", "ALTER TABLE events DISABLE TRIGGER ALL"),
    ("events", "distviz_account", "ALTER TABLE events DISABLE TRIGGER events_append_only"),
    ("events", "distviz_account", "DROP TRIGGER events_append_only ON events"),
    ("events", "distviz_account", "SET session_replication_role = replica"),
    ("events", "distviz_account", "TRUNCATE events"),
    ("account", "distviz_account", "DELETE FROM ledger"),
    ("account", "distviz_account", "UPDATE ledger SET delta = 0"),
    ("account", "distviz_account", "UPDATE accounts SET opening = 1"),
    ("account", "distviz_account", "UPDATE saga_log SET amount = 1"),
    ("account", "distviz_account", "UPDATE outbox SET payload = '{}'"),
    ("account", "distviz_web", "UPDATE accounts SET balance = 1000000"),
    ("account", "distviz_web", "INSERT INTO ledger SELECT * FROM ledger"),
    ("account", "distviz_auditor", "UPDATE accounts SET balance = 1000000"),
    ("payment", "distviz_payment", "UPDATE payments SET amount = 0"),
    ("payment", "distviz_payment", "DELETE FROM payments"),
    ("payment", "distviz_web", "UPDATE payments SET status = 'FAILED'"),
    ("monolith", "distviz_coordinator", "DELETE FROM transactions"),
    ("default", "distviz_web", "DELETE FROM run_events"),
    ("default", "distviz_web", "UPDATE run_events SET changes = '[]'"),
    ("default", "distviz_payment", "UPDATE run_events SET kind = 'x'"),
    ("default", "distviz_payment", "DELETE FROM runs"),
    ("default", "distviz_payment", "SELECT * FROM auth_user"),
    ("default", "distviz_payment", "SELECT * FROM django_session"),
    ("default", "distviz_payment", "DELETE FROM operator_actions"),
    ("default", "distviz_web", "COPY (SELECT 1) TO PROGRAM 'cat'"),
    ("default", "distviz_web", "COPY (SELECT 1) TO '/tmp/distviz-was-here'"),
    ("default", "distviz_web", "SELECT pg_read_file('/etc/passwd')"),
    ("default", "distviz_web", "SELECT lo_import('/etc/passwd')"),
    ("default", "distviz_web", "CREATE TABLE mine (id int)"),
    ("default", "distviz_web", "CREATE TEMPORARY TABLE mine (id int)"),
    ("default", "distviz_web", "CREATE ROLE another SUPERUSER"),
    ("default", "distviz_web", "ALTER ROLE distviz_web SUPERUSER"),
    ("default", "distviz_web", "SET ROLE distviz_owner"),
    ("default", "distviz_web", "SET SESSION AUTHORIZATION distviz"),
    ("default", "distviz_web", "ALTER SYSTEM SET fsync = off"),
    (
        "default",
        "distviz_web",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'distviz_account'",
    ),
    ("default", "distviz_owner", "COPY (SELECT 1) TO PROGRAM 'cat'"),
    ("default", "distviz_owner", "CREATE ROLE another SUPERUSER"),
]


@pytest.mark.parametrize(("alias", "role", "statement"), ATTEMPTS)
def test_who_tries_is_refused(stack: Stack, alias: str, role: str, statement: str) -> None:
    with session(stack, alias, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("alias", "role"),
    [
        ("payment", "distviz_account"),
        ("account", "distviz_payment"),
        ("events", "distviz_payment"),
        ("monolith", "distviz_account"),
        ("default", "distviz_auditor"),
        ("account", "distviz_finisher"),
        ("account", "distviz_beat"),
    ],
)
def test_a_role_does_not_get_into_anothers_database(stack: Stack, alias: str, role: str) -> None:
    with pytest.raises(psycopg.OperationalError), session(stack, alias, role):
        """Not reached."""


def test_nobody_gets_in_without_a_password(stack: Stack) -> None:
    where = psycopg.conninfo.conninfo_to_dict(dsn(stack, "account", logins.SUPERUSER))
    for role in (*logins.ROLES, logins.SUPERUSER):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**where, "user": role, "passfile": "/dev/null", "password": "guessed"}).close()


def test_each_process_works_as_its_own_role(stack: Stack, account: Callable[[], str]) -> None:
    for protocol in PROTOCOLS:
        assert stack.ended(stack.withdraw(protocol, account()))["status"] == "succeeded"
    seen: dict[str, set[str]] = {}
    sessions = (
        "SELECT DISTINCT application_name AS who, usename AS role FROM pg_stat_activity WHERE usename IS NOT NULL"
    )
    for alias in ("default", "account", "payment"):
        for row in stack.sql(alias, sessions):
            found = re.match(r"distviz (?:worker:)?(web|account|payment|notification|coordinator|beat)\b", row["who"])
            if found:
                seen.setdefault(found[1], set()).add(row["role"])
    assert seen.keys() == {"web", "account", "payment", "notification", "coordinator"}
    for process, roles in seen.items():
        assert f"distviz_{process}" in roles
        assert roles <= {f"distviz_{process}", "distviz_auditor"}, process


def test_what_is_prepared_is_nobodys_who_moves_money(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "coordinator.after_prepared:hold")
    stack.reaches(run_id, "hold", "held")
    owners = "SELECT DISTINCT owner FROM pg_prepared_xacts WHERE gid LIKE %s"
    for alias in ("account", "payment"):
        assert stack.sql(alias, owners, f"dv:{run_id}:%") == [{"owner": logins.FINISHER}]
    answer = stack.client.post(f"/api/runs/{run_id}/resolve", json={"action": "rollback", "reason": "a test"})
    assert answer.status_code < 300, answer.text
    assert stack.ended(run_id)["status"] == "failed"
    assert stack.balance("two_phase", name) == "1000.00"


def test_no_server_has_refused_its_own_processes_anything(stack: Stack, account: Callable[[], str]) -> None:
    """Each protocol with a failure at each service: what a role lacks would be in the log of its worker."""
    runs = [
        stack.withdraw(protocol, account(), fault)
        for protocol in PROTOCOLS
        for fault in ("payment.in_tx:decline", "payment.in_tx:error:99", "notification.before_tx:error:99")
    ]
    ends: list[dict[str, Any]] = [stack.ended(run_id, 90) for run_id in runs]
    assert len(ends) == len(runs)
    letters = "SELECT error FROM dead_letters WHERE error ILIKE '%%permission denied%%' OR error ILIKE '%%noperm%%'"
    assert stack.sql("default", letters) == []
    events = "SELECT error FROM run_events WHERE error ILIKE '%%permission denied%%' OR error ILIKE '%%must be owner%%'"
    assert stack.sql("default", events) == []
