"""Who each process is to PostgreSQL: a role of its own in the databases that are its own, a reader in the others.

The roles are made by `manage.py prepare`; what each may do to which table is in rights.py. Where a URL replaces an
embedded server, that URL says who everybody is there.
"""

import os

SUPERUSER = "distviz"
OWNER = "distviz_owner"  # of databases and tables: migrations, seed, reset, whoever works at the terminal
AUDITOR = "distviz_auditor"  # a service that looks into another one's database, to find out how a run has ended
FINISHER = "distviz_finisher"  # no login and no tables: whose the prepared transactions are
WEB = "distviz_web"
SERVICES = ("account", "payment", "notification", "coordinator")

# Who works in which database, by the variable that replaces it. All of them write the run log, in `default`.
_WORK_IN = {
    "MONOLITH_URL": ("coordinator",),
    "EVENTS_URL": ("account", "coordinator"),
    "ACCOUNT_URL": ("account",),
    "PAYMENT_URL": ("payment",),
}
_WHO = {variable.removesuffix("_URL").lower(): services for variable, services in _WORK_IN.items()}
OWN = {service: tuple(alias for alias, services in _WHO.items() if service in services) for service in SERVICES}
ROLES = (OWNER, WEB, AUDITOR, *(f"distviz_{service}" for service in SERVICES))  # those that can log in


def of_service(service: str) -> str:
    return f"distviz_{service}"


def is_superuser() -> bool:
    """At the terminal, on request: `DISTVIZ_AS=distviz manage.py …`."""
    return os.environ.get("DISTVIZ_AS") == SUPERUSER and not os.environ.get("DISTVIZ_ROLE")


def of_process(alias: str) -> str:
    """The role of this process in that database."""
    role = os.environ.get("DISTVIZ_ROLE", "")
    service = role.removeprefix("worker:")
    if not role:
        return SUPERUSER if is_superuser() else OWNER
    if service in OWN and alias != "default" and alias not in OWN[service]:
        return AUDITOR
    return of_service(service)  # beat has none, and needs none


def homes(role: str) -> tuple[str, ...]:
    """The databases that a role may connect to."""
    if role in (OWNER, WEB):
        return ("default", *_WHO)
    if role == AUDITOR:
        return ("account", "payment")
    return ("default", *OWN.get(role.removeprefix("distviz_"), ()))
