"""How a run ends: once, when its end is decided and nothing of it is in flight any more."""

from datetime import datetime
from decimal import Decimal

from distviz.trace import context, log
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome
from distviz.trace.registering import SETTLERS


def close(delivery: context.Delivery, outcome: Outcome | None) -> None:
    """The message is dealt with. The run ends here if its end is decided and nothing is in flight any more."""
    status, sentence = (outcome.status, outcome.sentence) if outcome else (None, "")
    left = log.handled(delivery.run_id, delivery.who, status, sentence)
    if left is None or left[0] > 0:
        return
    if left[1]:
        finish(delivery.run_id)
    elif delivery.protocol in SETTLERS:  # nobody will ever come back to this run
        settle(delivery.run_id)


def settle(run_id: str) -> None:
    """Close a run that nobody drives any more, by what its databases say."""
    run = Run.objects.get(pk=run_id)
    outcome = SETTLERS[run.protocol](run)
    if outcome:
        finish(run_id, outcome, as_of=run.updated_at)  # a late message that was taken meanwhile goes first


def finish(run_id: str, outcome: Outcome | None = None, *, as_of: datetime | None = None) -> None:
    """Append the last event, with the verdict that the committed rows give."""
    run = Run.objects.get(pk=run_id)
    if outcome is None and run.ending == "succeeded" and run.protocol in SETTLERS:
        outcome = SETTLERS[run.protocol](run)  # a success that nothing guards is believed only when looked at
    run.status = outcome.status if outcome else run.ending
    sentence = outcome.sentence if outcome else run.outcome
    gap = run.unexplained
    missing = gap if run.verdict_now == "money_lost" else Decimal(0)
    verdict = run.verdict_now
    amounts = {
        "account": run.moved("account"),
        "paid": run.moved("paid"),
        "in_flight": gap - missing,
        "missing": missing,
    }
    log.finish(
        run_id,
        status=run.status,
        outcome=sentence,
        verdict=verdict,
        as_of=as_of,
        data={"verdict": verdict, "outcome": sentence, "money": {k: f"{v:.2f}" for k, v in amounts.items()}},
    )
