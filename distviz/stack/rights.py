"""What each of PostgreSQL's roles may do to which table. `manage.py prepare` grants it, at each start that changes
anything; docs/security.md shows it, and a test asks PostgreSQL whether it is so.

Everybody may read what is in a database of their own. Nobody but the owner may change a table's form, switch a trigger
off, or change what is only ever appended to: there the services have INSERT and no UPDATE or DELETE at all. The
platform's and the services' own tables are here; each protocol registers its own from its folder.
"""

from collections.abc import Iterable, Mapping

from distviz.stack.logins import AUDITOR, ROLES, SERVICES, WEB, homes, of_service

RIGHTS: dict[tuple[str, str], dict[str, str]] = {}

INSERT, CHANGE, ALL = "INSERT", "INSERT, UPDATE", "INSERT, UPDATE, DELETE"
LOCK = "UPDATE (updated_at)"  # to ask for a row's lock takes the right to change something; this changes nothing
EVERY_SERVICE = SERVICES


def register(alias: str, table: str, *services: str, may: str = "", web: str = "", auditor: str = "") -> None:
    """`may` is what these services may do besides reading."""
    if (alias, table) in RIGHTS:
        raise ValueError(f"the rights on {alias}.{table} are registered already")
    given = {of_service(service): may for service in services} | {WEB: web, AUDITOR: auditor}
    RIGHTS[alias, table] = {role: privileges for role, privileges in given.items() if privileges}


def roles_in(alias: str) -> list[str]:
    """Those that may connect to this database, but for its owner."""
    return [role for role in ROLES[1:] if alias in homes(role)]


def of(alias: str, table: str) -> Mapping[str, str]:
    """What each role may do besides reading. A table of `default` that nobody registers is a page's: the web's."""
    return RIGHTS.get((alias, table), {WEB: ALL} if alias == "default" else {})


def reads(role: str, alias: str, table: str) -> bool:
    """The lab's database has people and sessions too, which are the web's alone."""
    return alias != "default" or role == WEB or (alias, table) in RIGHTS


def statements(alias: str, tables: Iterable[str]) -> list[str]:
    """What makes it so, whatever was granted before."""
    roles, made = roles_in(alias), []
    made.append(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {', '.join(roles)}")
    made.append(f"GRANT USAGE ON SCHEMA public TO {', '.join(roles)}")
    for table in tables:
        readers = [role for role in roles if reads(role, alias, table)]
        made.append(f'GRANT SELECT ON public."{table}" TO {", ".join(readers)}')
        given = of(alias, table).items()
        made += [f'GRANT {privileges} ON public."{table}" TO {role}' for role, privileges in given]
    return made


# The lab's own tables: every service writes the log of the runs that it works for.
register("default", "runs", *EVERY_SERVICE, may="UPDATE", web=CHANGE)
register("default", "run_counts", *EVERY_SERVICE, may=CHANGE, web=CHANGE)
register("default", "run_events", *EVERY_SERVICE, may="INSERT, UPDATE (lines)", web="INSERT, UPDATE (lines)")
register("default", "run_faults", *EVERY_SERVICE, may="UPDATE (fired, met)", web="INSERT, UPDATE (fired, met)")
register("default", "parked_messages", *EVERY_SERVICE, may=CHANGE, web=CHANGE)
register("default", "dead_letters", *EVERY_SERVICE, may=CHANGE, web=CHANGE)
register("default", "operator_actions", web="INSERT, UPDATE (outcome, codes), DELETE")  # its trigger says which
register("default", "django_migrations")

# The services' tables. Accounts are opened by their owner alone, and only their balance changes.
register("account", "accounts", "account", may="UPDATE (balance, updated_at)", web=LOCK)
register("account", "ledger", "account", may=INSERT)
register("payment", "payments", "payment", may=INSERT)
for _service in ("account", "payment"):
    register(_service, "inbox", _service, may="INSERT, UPDATE (duplicates)")
    # Whoever finds out how a run has ended closes it first; see distviz/services/closing.py.
    register(_service, "closed_withdrawals", _service, may=INSERT, web=INSERT, auditor=INSERT)
