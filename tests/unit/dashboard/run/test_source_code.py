"""The code behind an event is the protocol's own, with the right line marked, and nobody else's."""

import re
from pathlib import Path

import pytest

from distviz.dashboard.run import highlighting, source_code
from distviz.dashboard.run.source_code import SourceFunction
from protocols import registry
from tests.support.made_up_run import START, Event

ROOT = Path(__file__).resolve().parents[4]


def event(kind: str, phase: str, name: str, lane: str) -> Event:
    return Event(1, START, lane, kind, phase, name)


def marked(found: SourceFunction | None) -> str:
    assert found is not None
    return ROOT.joinpath(found.file).read_text().splitlines()[found.marked - 1]


@pytest.mark.parametrize(
    ("protocol", "lane", "name", "line"),
    [
        ("monolith", "account", "withdraw", 'with step("withdraw"'),
        ("saga", "payment", "charge", 'with step("charge")'),
        ("saga", "account", "refund", 'with step("refund", compensates="deduct")'),
        ("two_phase", "payment", "prepare_payment", 'with step(f"prepare_{me}"'),
        ("event_sourcing", "account", "refund", '"refund"'),
        ("orchestrated", "api", "log the cancellation", 'else "log the cancellation"'),
        ("outbox", "queue", "publish MoneyDeducted", 'with step(f"publish {batch[0].event_type}"'),
    ],
)
def test_a_step_is_found_where_it_is_opened(protocol: str, lane: str, name: str, line: str) -> None:
    found = source_code.of(protocol, event("step", "commit", name, lane), None)
    assert line in marked(found)
    assert found is not None
    assert found.file.startswith(f"protocols/{protocol}/")
    assert [one.number for one in found.lines if one.marked] == [found.marked]


def test_the_step_of_the_service_at_work_comes_first() -> None:
    """Two services of the saga have a step "give up"."""
    files = {
        lane: source_code.of("saga", event("step", "begin", "give up", lane), None) for lane in ("account", "payment")
    }
    assert {lane: found.file for lane, found in files.items() if found} == {
        "account": "protocols/saga/recovery/account.py",
        "payment": "protocols/saga/recovery/payment.py",
    }


def test_a_received_message_shows_its_handler() -> None:
    message = event("message", "received", "MoneyDeducted", "payment")
    found = source_code.of("saga", message, message)
    assert found is not None
    assert found.name == "charge"
    assert "@on(PAYMENT, MoneyDeducted)" in marked(found)


def test_a_message_sent_shows_the_line_that_sends_it() -> None:
    assert "MoneyRefunded" in marked(source_code.of("saga", event("message", "sent", "MoneyRefunded", "account"), None))


@pytest.mark.parametrize("name", ["../../manage", "/etc/passwd", "deduct.*", ".+", ""])
def test_names_of_the_log_are_never_paths_or_patterns(name: str) -> None:
    for kind in ("step", "message", "retry", "decision", "sweep"):
        found = source_code.of("saga", event(kind, "made", name, "account"), None)
        assert found is None or found.file.startswith("protocols/saga/")


@pytest.mark.parametrize("protocol", list(registry.PROTOCOLS))
def test_every_step_of_every_plan_has_its_code(protocol: str) -> None:
    for step in registry.get(protocol).steps:
        if step.kind == "step" and step.lane != "read_model":
            assert source_code.of(protocol, event("step", "begin", step.key, step.lane), None), step.key


def test_the_text_is_escaped_and_whole() -> None:
    lines = ["def f(x):", '    """<b>', '    two lines"""', "    return x < 1  # <i>"]
    html = highlighting.python(lines)
    assert [re.sub(r"<[^>]+>", "", one) for one in html] == [
        "def f(x):",
        "    &quot;&quot;&quot;&lt;b&gt;",
        "    two lines&quot;&quot;&quot;",
        "    return x &lt; 1  # &lt;i&gt;",
    ]
    assert '<span class="py-com"># &lt;i&gt;</span>' in html[3]
    assert highlighting.python(["def f(:", "?"]) == ['<span class="py-kw">def</span> f(:', "?"]


def test_sql_is_broken_at_its_clauses_and_escaped() -> None:
    shown = highlighting.sql("UPDATE accounts SET note = '<b>' WHERE id < 3")
    assert shown == ("<b>UPDATE</b> accounts\n<b>SET</b> note = &#x27;&lt;b&gt;&#x27;\n<b>WHERE</b> id &lt; 3")
