"""The only message of a monolith: the request itself."""

from dataclasses import dataclass

from protocols.messages import Command


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""
