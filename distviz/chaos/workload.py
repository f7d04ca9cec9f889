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
DECLINES, STUMBLES, KEYED, REPEATED = 0.22, 0.12, 0.6, 0.3
NETWORK = {LOSE: "drop", DOUBLE: "duplicate", REORDER: "reorder"}


@dataclass(frozen=True)
class Points:
    """Where a protocol can be made to fail: the points of a business "no", of a crash or an error, and its messages."""

    declines: Sequence[str]
    stumbles: Sequence[str]
    messages: Sequence[str]

    @classmethod
    def of(cls, protocol: Protocol) -> "Points":
        """The payment declines where there is one, so that something has to be compensated; but no compensation does:
        that would need an operator."""
        found = {at: does for step in protocol.steps for at, does in step.points() if not _undoes(step)}
        declines = [at for at in ("payment.in_tx", "account.in_tx") if "decline" in found.get(at, ())]
        return cls(
            declines=declines[:1],
            stumbles=[at for at, does in found.items() if {"crash", "error"} <= set(does)],
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
    what, where = dice.random(), dice.random()
    if what < DECLINES and points.declines:
        return [{"at": points.declines[int(where * len(points.declines))], "do": "decline"}]
    if what < DECLINES + STUMBLES and points.stumbles:
        do = "crash" if dice.random() < 0.5 else "error"
        return [{"at": points.stumbles[int(where * len(points.stumbles))], "do": do}]
    return []


def disturbed(wish: Wish, kind: str, points: Points) -> list[dict[str, object]]:
    """What a disturbed network does with one message of every second withdrawal."""
    if not kind or wish.lot >= 0.5 or not points.messages:
        return []
    at = points.messages[int(wish.lot * 2 * len(points.messages))]
    return [{"at": at, "do": NETWORK[kind], "ms": 1000}]


def _one(dice: random.Random, among: Sequence[str]) -> str:
    return among[int(dice.random() * len(among))]
