"""Whatever is put into whatever field of whatever address: the answer is never a mistake of ours."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.stack import ROOT, Stack, running


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A stack of its own: what is asked here stops relays and projectors too."""
    with running(accounts=10) as instance:
        yield instance


@pytest.mark.timeout(900)
def test_no_field_of_no_address_makes_a_500(own: Stack) -> None:
    over = own.withdraw("saga", "alice", "payment.in_tx:decline")
    own.ended(over)
    parked = own.withdraw("outbox", "bob", mode="step")
    words = [sys.executable, "-m", "tests.support.odd_inputs", over, parked]
    done = subprocess.run(words, cwd=ROOT, env=own.env, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["found"] == []
    assert told["asked"] > 2000
