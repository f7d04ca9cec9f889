"""How a withdrawal ends. A handler that returns one of these says: the transaction is finished, and thus."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`status` is one of the final statuses of docs/contract.md, `sentence` says what it means for the money."""

    status: str
    sentence: str


def succeeded(sentence: str) -> Outcome:
    return Outcome("succeeded", sentence)


def declined(reason: object) -> Outcome:
    return Outcome("declined", f"Declined: {reason}. No money moved.")


def failed(sentence: str) -> Outcome:
    return Outcome("failed", sentence)


def compensated(sentence: str) -> Outcome:
    return Outcome("compensated", sentence)


def inconsistent(sentence: str) -> Outcome:
    return Outcome("inconsistent", sentence)


def needs_attention(sentence: str) -> Outcome:
    return Outcome("needs_attention", sentence)
