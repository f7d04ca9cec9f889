"""Messages: what is sent is what arrives, copies are known by their id, and garbage is an error that is expected."""

import json
import uuid
from dataclasses import fields, replace
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from distviz.codes import Reason
from distviz.errors import BadRequest
from distviz.trace.messages import TYPES, Message, from_wire
from tests.support.generated import JSON

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
AMOUNTS = st.integers(1, 99_999_999_999).map(lambda cents: Decimal(cents) / 100)
REASONS = st.builds(
    Reason, st.sampled_from(["insufficient_funds", "max_retries", "text"]), st.dictionaries(NAMES, NAMES, max_size=2)
)
# Of each protocol, a message that has no field of its own.
PLAIN = {
    kind.protocol: kind
    for kind in TYPES.values()
    if {f.name for f in fields(kind)} == {f.name for f in fields(Message)}
}


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message of any protocol, with whatever fields of its own it has."""
    kind = draw(st.sampled_from(sorted(TYPES.values(), key=lambda one: one.wire_type())))
    own = {field.name for field in fields(kind)} - {field.name for field in fields(Message)}
    more = {name: draw(st.integers(0, 2**40) if name == "position" else NAMES) for name in sorted(own)}
    about = {"tx_id": str(draw(st.uuids())), "user_id": draw(NAMES), "amount": draw(AMOUNTS)}
    return kind(**about, reason=draw(st.none() | REASONS), **more)


@given(messages())
def test_what_is_sent_is_what_arrives(message: Message) -> None:
    back = from_wire(json.loads(json.dumps(message.to_wire())))
    assert back == message
    assert (type(back), back.id) == (type(message), message.id)


@given(messages(), AMOUNTS)
def test_a_copy_has_the_id_of_the_first_whatever_else_it_says(message: Message, amount: Decimal) -> None:
    assert replace(message, amount=amount, timestamp="later").id == message.id


@given(messages(), messages())
def test_no_two_messages_have_the_same_id(one: Message, other: Message) -> None:
    assume((type(one), one.tx_id) != (type(other), other.tx_id))
    assert one.id != other.id


@given(messages())
def test_the_next_message_is_about_the_same_withdrawal(message: Message) -> None:
    after = PLAIN[message.protocol].of(message)
    assert (after.tx_id, after.user_id, after.amount) == (message.tx_id, message.user_id, message.amount)


@given(messages(), st.data())
def test_garbage_is_refused_by_an_error_that_is_expected(message: Message, data: st.DataObject) -> None:
    wire = message.to_wire()
    for name in data.draw(st.lists(st.sampled_from(sorted(wire)), min_size=1, max_size=3)):
        wire[name] = data.draw(JSON)
    try:
        back = from_wire(wire)
    except (KeyError, ValueError, BadRequest):
        return
    assert back.amount > 0
    assert uuid.UUID(back.tx_id)
