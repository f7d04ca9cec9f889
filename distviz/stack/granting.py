"""Makes the roles of logins.py and grants the rights of rights.py, on the embedded servers; as often as one likes."""

from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from distviz.stack import layout, rights
from distviz.stack.logins import FINISHER, OWNER, ROLES, SUPERUSER, WEB, of_service

# What each role is a member of: to see the sessions of others (who waits for whom), and to finish what is prepared.
READS_SESSIONS = "pg_read_all_stats"
MEMBERS = {READS_SESSIONS: ROLES, FINISHER: (OWNER, WEB, of_service("account"), of_service("payment"))}
_MAKE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role}; END IF;
END $$;
ALTER ROLE {role} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS{password};
"""
# Of an older version: everything was the superuser's. A table that a prepared transaction has locked has to wait for
# the next time; its owner-to-be has every right on it until then. A column's
# sequence follows its table.
_TAKE_OVER = f"""
SET lock_timeout = '2s';
DO $$ DECLARE found text; BEGIN
    FOR found IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relowner <> '{OWNER}'::regrole
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s OWNER TO {OWNER}', found);
        EXCEPTION WHEN lock_not_available THEN
            RAISE WARNING '% is locked, and keeps its owner', found;
        END;
    END LOOP;
    FOR found IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind = 'S' AND c.relowner <> '{OWNER}'::regrole
        AND NOT EXISTS (SELECT 1 FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))
    LOOP EXECUTE format('ALTER SEQUENCE %s OWNER TO {OWNER}', found); END LOOP;
    FOR found IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> '{OWNER}'::regrole
    LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO {OWNER}', found); END LOOP;
END $$
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
ORDER BY relname
"""
_PREPARED = "SELECT 1 FROM pg_prepared_xacts WHERE owner = %s LIMIT 1"


def embedded() -> list[str]:
    """The databases that are on servers of our own."""
    replaced = layout.load(admin=True).replaced
    return [alias for alias in layout.DATABASES if alias not in replaced]


def servers() -> list[str]:
    return list(dict.fromkeys(layout.DATABASES[alias][0] for alias in embedded()))


def connect(server: str, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
    """As the superuser."""
    where = quote(str(layout.socket_dir()), safe="")
    port, keys = layout.load().ports[server], quote(str(layout.passwords()), safe="")
    dsn = f"postgresql://{SUPERUSER}@{where}:{port}/{database}?passfile={keys}"
    return psycopg.connect(dsn, autocommit=True, connect_timeout=5)


def make_roles() -> None:
    """The same on each server; only a hash of a password crosses the connection."""
    for server in servers():
        with connect(server) as connection:
            batch = [_MAKE.format(role=FINISHER, login="NOLOGIN", password="")]
            for role in ROLES:
                password = layout.secret(f"postgres:{role}") or ""
                hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
                batch.append(_MAKE.format(role=role, login="LOGIN", password=f" PASSWORD '{hashed.decode()}'"))
            batch += [f"GRANT {group} TO {', '.join(members)}" for group, members in MEMBERS.items()]
            batch += [f"GRANT pg_signal_backend TO {OWNER}"]
            batch += [f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")]
            connection.execute(";\n".join(batch).encode())


def make_database(alias: str) -> None:
    server, name, _ = layout.DATABASES[alias]
    with connect(server) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
            connection.execute(made)


def take_over() -> None:
    """Databases, tables and functions are the owner's, whoever made them."""
    for alias in embedded():
        server, name, _ = layout.DATABASES[alias]
        with connect(server, name) as connection:
            batch = f"ALTER DATABASE {name} OWNER TO {OWNER};\n{_TAKE_OVER}"
            connection.execute(batch.encode())


def grant() -> None:
    """One batch for each database, all of it or nothing: who works meanwhile never lacks a right in between."""
    for alias in embedded():
        server, name, _ = layout.DATABASES[alias]
        with connect(server, name) as connection:
            tables = [row[0] for row in connection.execute(_TABLES)]
            batch = [f"REVOKE ALL ON DATABASE {name} FROM PUBLIC, {', '.join(ROLES[1:])}"]
            batch += [f"GRANT CONNECT ON DATABASE {name} TO {', '.join(rights.roles_in(alias))}"]
            batch += [f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {OWNER}", *rights.statements(alias, tables)]
            connection.execute(";\n".join(batch).encode())


def superuser_has_prepared() -> bool:
    for server in servers():
        with connect(server) as connection:
            if connection.execute(_PREPARED, [SUPERUSER]).fetchone():
                return True
    return False
