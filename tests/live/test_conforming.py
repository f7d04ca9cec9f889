"""The API answers as its description says: requests made of it, valid and invalid ones, by schemathesis."""

from tests.support.conforming import conforms
from tests.support.stack import Stack


def test_every_answer_is_described(stack: Stack) -> None:
    fine, output = conforms(
        stack.url, "--phases", "examples,fuzzing", "--max-examples", "4", "--seed", "1", "--no-shrink"
    )
    assert fine, output
