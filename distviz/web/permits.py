"""Who may do what: one table, for pages, API and sockets.

On a private lab (bound to loopback, no proxy) and in an open one (LAB_OPEN) everybody may do everything. Elsewhere
looking and plain withdrawals are free, and what can break, lose or force something is for operators: staff, and users
with the permission `trace.operate` (the group "operator" has it). An address that changes something and is not in the
table is for operators too; a test walks every address and fails for it.
"""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest

from distviz.errors import Forbidden, NotLoggedIn

FREE, OPERATORS = "free", "operators"
PERMISSION = "trace.operate"

VERBS: Mapping[str, str] = {
    "look": FREE,  # reading; such an address answers nothing but GET and HEAD
    "run": FREE,  # a withdrawal at full speed, its repetition, a competing one: within the client's share
    "person": FREE,  # one's own language, logging in and out
    "admin": FREE,  # Django's admin asks for staff and their permissions itself
    "faults": OPERATORS,  # a run with failures
    "step": OPERATORS,  # a run in step mode
    "messages": OPERATORS,  # deliver, drop, duplicate, reorder: this loses money although no failure is switched on
    "operate": OPERATORS,  # release, retry, re-drive, set a dead letter aside
    "resolve": OPERATORS,  # commit or roll back what is in doubt
    "desks": OPERATORS,  # publish, requeue, project, rebuild, stop
    "imports": OPERATORS,
    "bench": OPERATORS,
    "explore": OPERATORS,  # hundreds of runs with failures
}

# Every address that answers more than GET and HEAD, by its name in the URLconf. What is free here and asks for a
# failure or for step mode is refused by the doorway of runs (doorway.py), from the same table.
VIEWS: Mapping[str, str] = {
    "set_language": "person",
    "dashboard:login": "person",
    "dashboard:logout": "person",
    "dashboard:lab": "run",
    "dashboard:race": "run",
    "dashboard:lesson": "run",
    "dashboard:prove": "run",
    "dashboard:choose_prove": "run",
    "dashboard:fork": "run",
    "dashboard:again": "run",
    "dashboard:rival": "run",
    "dashboard:break": "faults",
    "dashboard:release": "operate",
    "dashboard:retry": "operate",
    "dashboard:message": "messages",
    "dashboard:deliver_all": "messages",
    "dashboard:attention_retry": "operate",
    "dashboard:attention_act": "operate",
    "dashboard:attention_aside": "operate",
    "dashboard:attention_force": "resolve",
    "dashboard:<desk>_do": "desks",
    "dashboard:bench": "bench",
    "dashboard:explore": "explore",
    "dashboard:explore_stop": "explore",
    "dashboard:turning": "explore",
    "dashboard:guards_find": "explore",
    "dashboard:import": "imports",
    "api:create": "run",  # POST /api/runs
    "api:fork": "run",
    "api:rival": "run",
    "api:release": "operate",
    "api:retry": "operate",
    "api:resolve": "resolve",
    "api:deliver": "messages",
    "api:deliver_all": "messages",
    "api:drop": "messages",
    "api:duplicate": "messages",
    "api:reorder": "messages",
    "api:import_run": "imports",
    "api:listing": "run",  # the other name of its address
    **dict.fromkeys(("healthz", "readyz", "api:openapi-json", "api:openapi-view", "api:api-root"), "look"),
    "api:elsewhere": "look",  # there is nothing
}
DESK = "dashboard:<desk>_do"  # of every protocol that has one
READING = ("GET", "HEAD", "OPTIONS")


def verb_of(request: HttpRequest) -> str | None:
    """What this request wants to do; None for an address that nobody has decided on."""
    if request.method in READING:
        return "look"
    match = request.resolver_match
    if match is None:
        return "look"  # no view is going to be called
    if "admin" in match.namespaces:
        return "admin"
    return VIEWS.get(DESK if match.view_name.endswith("_do") else match.view_name)


def operates(request: HttpRequest) -> bool:
    """Whether an operator asks."""
    user = request.user
    return bool(user.is_active and (user.is_staff or user.has_perm(PERMISSION)))


def allows(verb: str | None, *, operator: bool) -> bool:
    return settings.LAB_OPEN or operator or VERBS.get(verb or "") == FREE


def may(request: HttpRequest, verb: str | None) -> bool:
    return allows(verb, operator=False) or operates(request)


def may_break(request: HttpRequest) -> bool:
    """Whether failures are on here, and for who asks."""
    return bool(settings.FAULTS_ENABLED and may(request, "faults"))


def refusal(*, known: bool) -> Forbidden | NotLoggedIn:
    """What is said to whom may not; `known`: who asks has logged in, and is no operator."""
    return Forbidden("operators_only") if known else NotLoggedIn()


def require(request: HttpRequest, verb: str | None) -> None:
    """Raises Forbidden or NotLoggedIn."""
    if not may(request, verb):
        raise refusal(known=request.user.is_authenticated)
