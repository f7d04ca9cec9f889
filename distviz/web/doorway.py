"""The one entry through which a page, the API and a lesson start a run: client, rate limit, request."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from distviz.errors import NotNow
from distviz.runs import asking
from distviz.runs.asking import Wanted, Withdrawal
from distviz.runs.room import Client
from distviz.trace import unguarded
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from distviz.web import identity, limits, permits, publishing
from protocols import registry
from protocols.promises import AMOUNT


@dataclass(frozen=True)
class Asker:
    """`client` is whose share a request is taken from, `scope` is where idempotency keys hold, `operator` whether
    failures and step mode may be asked for where not everybody may."""

    client: str
    scope: str
    operator: bool = False
    network: str = ""


def asker(request: HttpRequest, scope: str = "page") -> Asker:
    """Who sends this request. Keys that a page makes for its forms are kept apart by `scope`."""
    who = identity.client(request)
    return Asker(who, f"{scope}:{who}", permits.operates(request), identity.network(request))


def key(request: HttpRequest, wish: str = "", most: int = 200) -> str:
    """The page's own, which comes with its forms: a double click is one run. A page with several buttons that start
    runs adds which it was."""
    given = request.POST.get("key", "")[:most]
    return f"{given}:{hashlib.sha256(wish.encode()).hexdigest()[:16]}" if given and wish else given


def ask(who: Asker, wanted: Withdrawal, key: str = "") -> Run:
    """One run. The same `key` of the same asker again (a double click) is the same run. Raises what asking.ask raises,
    and TooMany when the asker's share is used up."""
    return ask_each(who, [(wanted, key)])[0]


def ask_each(who: Asker, wanted_runs: Sequence[Wanted]) -> list[Run]:
    """One run for each (what is wanted, key); the share is there for all of them, or none is made."""
    for wanted, _key in wanted_runs:
        _permit(who, wanted)
    limits.spend(who.client, who.network, len(wanted_runs))
    return asking.ask_each(wanted_runs, publish=publishing.start, scope=who.scope, client=_client(who))


def _client(who: Asker) -> Client:
    return Client(who.client, who.network)


def _permit(who: Asker, wanted: Withdrawal) -> None:
    """Raises Forbidden or NotLoggedIn."""
    verbs = ["faults"] if wanted.faults or wanted.guards_off else []
    verbs += ["step"] if wanted.mode == "step" else []
    if not all(permits.allows(verb, operator=who.operator) for verb in verbs):
        raise permits.refusal(known=who.client.startswith("user:"))


def show(request: HttpRequest, protocol: str, faults: Sequence[FaultSpec], note: str, *, key: str = "") -> Run:
    """A run that a page starts to show something: of $100.00, from an account that has it."""
    registry.get(protocol)
    who = asker(request)
    first = Run.objects.filter(scope=who.scope, key=key).first() if key else None
    account = first.account if first else account_with_money(protocol)
    return ask(who, Withdrawal(protocol, account, AMOUNT, note, faults), key)


def account_with_money(protocol: str) -> str:
    """The account that has most: what is to fail here must not be the balance."""
    accounts = unguarded.guarded(registry.get(protocol).books.accounts())
    best = max(accounts, key=lambda account: account.balance, default=None)
    if best is None or best.balance < AMOUNT:
        raise NotNow("no_account_with_money", amount=AMOUNT)
    return best.name
