"""Any order of commands and answers over several accounts, projected in batches of any size: the rules are pure, so
Hypothesis looks for an order that breaks them."""

from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from distviz.errors import Declined
from protocols.event_sourcing.aggregate import EFFECT, LAST, Account, Fact
from protocols.event_sourcing.messages import WithdrawalRequested
from protocols.event_sourcing.projection import project

NAMES = ("alice", "bob", "carol")
CENTS = st.integers(1, 60_000)
PICK = st.integers(0, 10_000)


class StoreMachine(RuleBasedStateMachine):
    """The store as a list; beside it, what a bank clerk would note on paper."""

    def __init__(self) -> None:
        super().__init__()
        self.store: list[tuple[str, Fact]] = []
        self.paper: dict[str, Decimal] = {}
        self.wanted: list[WithdrawalRequested] = []
        self.views: dict[str, dict] = {}
        self.history: list[dict] = []
        self.checkpoint = 0

    @initialize()
    def open(self) -> None:
        for name in NAMES:
            self.append(name, [Fact("MoneyDeposited", None, {"amount": "1000.00"})])
            self.paper[name] = Decimal("1000.00")

    @rule(name=st.sampled_from(NAMES), cents=CENTS, refused=st.booleans())
    def withdraw(self, name: str, cents: int, refused: bool) -> None:
        tx_id = str(UUID(int=len(self.wanted) + 1))
        request = WithdrawalRequested(tx_id=tx_id, user_id=name, amount=Decimal(cents) / 100)
        facts = self.fold(name).withdraw(request, Declined("declined_on_purpose", who="account") if refused else None)
        took = facts[-1].type == "MoneyDeducted"
        assert took == (not refused and request.amount <= self.paper[name])
        self.paper[name] -= request.amount if took else 0
        self.append(name, facts)
        self.wanted.append(request)

    @rule(name=st.sampled_from(NAMES), off=st.sampled_from([-1, 0, 1]))
    def withdraw_what_is_there(self, name: str, off: int) -> None:
        """To the cent, and a cent more or less."""
        self.withdraw(name, max(1, int(self.paper[name] * 100) + off), refused=False)

    @precondition(lambda self: self.wanted)
    @rule(pick=PICK, paid=st.booleans())
    def answer(self, pick: int, paid: bool) -> None:
        """The payment was made, or not: then the money comes back. Only what was deducted is answered."""
        request = self.wanted[pick % len(self.wanted)]
        if self.last(request) == "MoneyDeducted":
            kinds = ["PaymentProcessed"] if paid else ["PaymentFailed", "MoneyRefunded"]
            self.append(request.user_id, [Fact.of(request, kind) for kind in kinds])
            self.paper[request.user_id] += 0 if paid else request.amount

    @precondition(lambda self: self.wanted)
    @rule(pick=PICK)
    def complete(self, pick: int) -> None:
        request = self.wanted[pick % len(self.wanted)]
        ends = {"PaymentProcessed": "WithdrawalCompleted", "MoneyRefunded": "WithdrawalFailed"}
        if kind := ends.get(self.last(request)):
            self.append(request.user_id, [Fact.of(request, kind)])

    @rule(size=st.integers(1, 7))
    def project(self, size: int) -> None:
        """One batch from the checkpoint on."""
        batch = self.store[self.checkpoint : self.checkpoint + size]
        self.checkpoint += len(batch)
        self.history += project(self.views, map(_row, batch))

    @invariant()
    def balances_are_what_is_on_paper_and_never_below_zero(self) -> None:
        for name, balance in self.paper.items():
            assert self.fold(name).balance == balance >= 0

    @invariant()
    def a_view_is_the_fold_of_a_prefix(self) -> None:
        for name, view in self.views.items():
            upto = Account(f"account:{name}")
            for owner, fact in self.store[: self.checkpoint]:
                if owner == name:
                    upto.apply(fact)
            assert (view["balance"], view["version"], view["error"]) == (upto.balance, upto.version, "")

    @invariant()
    def every_line_of_the_history_follows_from_the_one_before(self) -> None:
        for name in NAMES:
            balance = Decimal(0)
            for line in (line for line in self.history if line["account"] == name):
                balance += line["delta"]
                assert line["balance"] == balance

    @invariant()
    def a_withdrawal_takes_all_or_nothing_and_ends_once(self) -> None:
        for request in self.wanted:
            types = [fact.type for _owner, fact in self.store if fact.withdrawal_id == request.tx_id]
            assert sum(EFFECT.get(kind, 0) for kind in types) in (0, -1)
            assert sum(kind in LAST for kind in types) <= 1
            assert len(types) == len(set(types))

    def fold(self, name: str) -> Account:
        found = Account(f"account:{name}")
        for owner, fact in self.store:
            if owner == name:
                found.apply(fact)
        return found

    def append(self, name: str, facts: list[Fact]) -> None:
        """Numbered as the store numbers them: by stream and over all."""
        for fact in facts:
            version = sum(owner == name for owner, _fact in self.store) + 1
            self.store.append((name, fact._replace(version=version, position=len(self.store) + 1)))

    def last(self, request: WithdrawalRequested) -> str:
        return next((fact.type for _owner, fact in reversed(self.store) if fact.withdrawal_id == request.tx_id), "")


def _row(stored: tuple[str, Fact]) -> list:
    """As `project` reads it: position, account, version, type, withdrawal, amount, at."""
    name, fact = stored
    return [fact.position, name, fact.version, fact.type, fact.withdrawal_id, fact.data.get("amount"), "2025-03-01"]


TestBooks = StoreMachine.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=30, parent=settings.default)
