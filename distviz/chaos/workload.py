"""What the bank's clients want, client by client: random, and the same for the same seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from distviz.chaos.schedule import DOUBLE, LOSE, REORDER
from protocols.catalogue import Protocol, Step

CLIENTS, ACCOUNTS = 10, 8
OPENING = Decimal("600.00")
LARGEST = 9_000  # cents
KEYED, REPEATED = 0.6, 0.3
# What is switched on for a withdrawal, and how often; the rest has no failure of its own.
DECLINE, CRASH, ERROR, STUBBORN, SLOW = 0.22, 0.05, 0.05, 0.04, 0.1
ATTEMPTS = 5  # with one more than there are retries, an error is given up
NETWORK = {LOSE: "drop", DOUBLE: "duplicate", REORDER: "reorder"}


@dataclass(frozen=True)
class Points:
    """Where a protocol can be made to fail: the point of a business "no", those of a crash or an error, of them those
    before a COMMIT, and its messages."""

    decline: str
    stumbles: Sequence[str]
    early: Sequence[str]
    messages: Sequence[str]

    @classmethod
    def of(cls, protocol: Protocol) -> "Points":
        """The payment declines where there is one, so that something has to be compensated; but no compensation does:
        that would need an operator."""
        found = {at: does for step in protocol.steps for at, does in step.points() if not _undoes(step)}
        stumbles = [at for at, does in found.items() if {"crash", "error"} <= set(does)]
        return cls(
            decline="payment.in_tx" if "payment.in_tx" in found else "account.in_tx",
            stumbles=stumbles,
            early=[at for at in stumbles if at.endswith((".before_tx", ".in_tx"))],
            messages=[at for at, does in found.items() if "drop" in does],
        )


def _undoes(step: Step) -> bool:
    return step.compensation and step.kind == "step"


@dataclass(frozen=True)
class Wish:
    """One withdrawal that a client asks for. `lot` decides what the network does with it while it is disturbed."""

    name: str
    protocol: str
    account: str
    amount: Decimal
    key: str = ""
    repeated: bool = False
    faults: Sequence[Mapping[str, object]] = ()
    lot: float = 0.0

    def body(self, disturbed: Sequence[Mapping[str, object]] = ()) -> dict[str, object]:
        body = {"protocol": self.protocol, "account": self.account, "amount": f"{self.amount:.2f}", "note": self.name}
        return {**body, "faults": [*self.faults, *disturbed]}


def wishes(seed: int, client: int, points: Mapping[str, Points], accounts: Sequence[str]) -> Iterator[Wish]:
    """Without end; `name` is what this wish is known by, as a note of its run."""
    dice = random.Random(seed * 1_000 + client)
    number = 0
    while True:
        number += 1
        name = f"chaos {client}-{number}"
        protocol, account = _one(dice, list(points)), _one(dice, accounts)
        amount = Decimal(1 + int(dice.random() * LARGEST)) / 100
        faults = _faults(dice, points[protocol])
        keyed, repeated, lot = dice.random() < KEYED, dice.random() < REPEATED, dice.random()
        key = name.replace(" ", "-") if keyed else ""
        yield Wish(name, protocol, account, amount, key, keyed and repeated, faults, lot)


def _faults(dice: random.Random, points: Points) -> list[dict[str, object]]:
    what, stumble, pause = dice.random(), _one(dice, points.stumbles), dice.random()
    early = _one(dice, points.early)
    shares: list[tuple[float, dict[str, object]]] = [
        (DECLINE, {"at": points.decline, "do": "decline"}),
        (CRASH, {"at": stumble, "do": "crash"}),
        (ERROR, {"at": stumble, "do": "error"}),
        (STUBBORN, {"at": points.decline, "do": "error", "times": ATTEMPTS}),
        (SLOW, {"at": early, "do": "delay", "ms": 200 + int(pause * 1500)}),
    ]
    for share, fault in shares:
        if what < share:
            return [fault]
        what -= share
    return []


def disturbed(wish: Wish, kind: str, points: Points) -> list[dict[str, object]]:
    """What a disturbed network does with one message of every second withdrawal."""
    if not kind or wish.lot >= 0.5:
        return []
    at = points.messages[int(wish.lot * 2 * len(points.messages))]
    return [{"at": at, "do": NETWORK[kind], "ms": 1000}]


def _one(dice: random.Random, among: Sequence[str]) -> str:
    return among[int(dice.random() * len(among))]
