"""A body that was not signed with the lab's key is not read, whatever it says."""

import json
import timeit

import pytest

from distviz.trace import signing

KEY = signing.key_of("another secret")


def test_what_is_signed_comes_out_as_it_went_in() -> None:
    content = [[{"tx_id": "1", "amount": "100.00", "note": "їжак"}, {}], {}, {"chain": None}]
    assert signing.opened(signing.sign(content)) == content
    assert signing.opened(signing.sign(content).encode()) == content


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '[[{"type": "saga.PaymentProcessed"}, {"on_purpose": true}], {}, {}]',
        "[" * 5000 + "]" * 5000,
        signing.signed("[]", KEY),
        "0" * signing.LENGTH + "[]",
        "\udcff" * 3 + "[]",
    ],
)
def test_whatever_else_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"not sent by this lab|surrogates"):
        signing.opened(body)


def test_nothing_of_a_signed_body_can_be_changed() -> None:
    body = signing.sign([[{"tx_id": "1", "amount": "100.00"}], {}, {}])
    for at in (0, signing.LENGTH - 1, signing.LENGTH, len(body) - 1):
        with pytest.raises(signing.NotSigned):
            signing.opened(body[:at] + ("1" if body[at] != "1" else "2") + body[at + 1 :])


def test_a_deeply_nested_body_is_not_parsed_before_it_is_checked() -> None:
    with pytest.raises(signing.NotSigned):
        signing.opened(signing.signed("[" * 100_000, KEY))


def test_a_signature_costs_microseconds() -> None:
    body = json.dumps([[{"type": "saga.MoneyDeducted", "more": "x" * 600}, {}], {}, {}])
    text = signing.signed(body, signing._key())
    cost = min(timeit.repeat(lambda: signing.checked(text), number=200, repeat=5)) / 200
    assert cost < 0.0005
