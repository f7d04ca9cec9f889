"""The verdict stands beside the status, once: where both say the same it is left out."""

from django.template import Context, Template

from distviz.trace.statuses import STATUSES, VERDICTS


def chip(status: str, verdict: str) -> str:
    template = Template("{% load distviz %}{% verdict_chip status verdict %}")
    return template.render(Context({"status": status, "verdict": verdict}))


def test_nothing_is_said_twice() -> None:
    assert chip("in_doubt", "in_doubt") == ""


def test_every_other_verdict_is_said() -> None:
    pairs = [(status, verdict) for status in STATUSES for verdict in VERDICTS if status != verdict]
    assert all(f'class="chip v-{verdict}"' in chip(status, verdict) for status, verdict in pairs)
    assert "Money lost" in chip("inconsistent", "money_lost")
