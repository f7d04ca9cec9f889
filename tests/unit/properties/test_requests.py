"""Keys, notes and JSON of requests: read strictly, and equal only if they are."""

import json
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from distviz.api.runs import _KEY
from distviz.codes import Reason
from distviz.runs.asking import Withdrawal
from distviz.story.words.sentences import english, say
from distviz.trace.faults import FaultSpec
from distviz.web import plain, strict
from tests.support.generated import JSON

FAULTS = st.builds(FaultSpec, st.sampled_from(["account.in_tx", "payment.in_tx"]), st.sampled_from(["crash", "error"]))
WISHES = st.builds(
    Withdrawal,
    st.sampled_from(["saga", "outbox"]),
    st.sampled_from(["alice", "bob"]),
    st.integers(1, 10**11).map(lambda cents: Decimal(cents) / 100),
    st.text(max_size=4),
    st.lists(FAULTS, max_size=2),
    st.sampled_from(["run", "step"]),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
KEPT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | KEPT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEPT, inner, max_size=3),
    max_leaves=8,
)


@given(st.text(max_size=300))
@example("k" * 255)
@example("k" * 256)
@example("key\n")
def test_a_key_is_visible_ascii(text: str) -> None:
    assert bool(_KEY.fullmatch(text)) == (0 < len(text) < 256 and all("!" <= letter <= "~" for letter in text))


@given(WISHES, WISHES)
def test_two_requests_are_the_same_only_if_everything_is(one: Withdrawal, other: Withdrawal) -> None:
    """What an idempotency key is compared by."""
    assert one.digest() == one.digest()
    assert (one.digest() == other.digest()) == (one == other)


@given(VALUES)
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert strict.loads(json.dumps(value, ensure_ascii=False).encode()) == value


def loaded(body: bytes) -> object:
    try:
        return strict.loads(body)
    except strict.Unreadable as refusal:
        return refusal


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"[" * 30)
@example(b'{"a": 1, "a": 2}')
@example(b"9" * 5000)
@example(b"1e999")
def test_a_body_is_json_or_refused(body: bytes) -> None:
    found = loaded(body)
    if isinstance(found, strict.Unreadable):
        assert english(found.reason)
    else:
        assert json.dumps(found, allow_nan=False)


@given(JSON)
def test_what_cannot_be_kept_is_found_wherever_it_is(value: object) -> None:
    found = plain.invalid_json(value)
    kept = plain.keepable(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\x00"))
    assert (found is None) == kept


@given(
    st.sampled_from(["insufficient_funds", "max_retries", "given_back", "no such code"]),
    st.dictionaries(st.text(max_size=6), VALUES, max_size=3),
)
def test_a_reason_is_kept_and_can_always_be_said(code: str, params: dict[str, object]) -> None:
    reason = Reason.of("max_retries", why=Reason(code, params))
    back = Reason.read(json.loads(json.dumps(reason.as_json())))
    assert back == reason
    assert english(reason)
    assert say(reason, "uk")
