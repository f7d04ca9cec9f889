"""How many messages a second one relay publishes, in an outbox of the bench's own."""

import json
import time
import uuid
from decimal import Decimal

from distviz.services.places import ACCOUNT, ask
from distviz.trace.models import Run
from protocols.floor import rate
from protocols.outbox import outbox
from protocols.outbox.messages import MoneyDeducted

ACCOUNTS, BATCH = 100, 400
LEFT = "SELECT count(*) AS n FROM outbox WHERE status IN ('pending', 'publishing')"


@rate("relay")
def relay(seconds: float) -> float:
    """Whole outboxes are filled and emptied; only the emptying counts."""
    took, published = 0.0, 0
    while took < seconds:
        fill(BATCH)
        since = time.perf_counter()
        outbox.relay(ACCOUNT, by_hand=True)
        took += time.perf_counter() - since
        if ask(ACCOUNT.alias, LEFT)[0]["n"]:
            raise RuntimeError("the relay has left rows")
        published += BATCH
    return published / took


def fill(rows: int) -> None:
    """Rows of runs that are under way, each account's after the other."""
    runs = [_run(number) for number in range(rows)]
    Run.objects.bulk_create(runs)
    for run in runs:
        message = MoneyDeducted(tx_id=str(run.pk), user_id=run.account, amount=run.amount)
        row = {"event_type": "MoneyDeducted", "payload": json.dumps(message.to_wire()), "account": run.account}
        row |= {"withdrawal": message.tx_id, "message": message.id, "headers": json.dumps(_headers(run))}
        ACCOUNT.ask(outbox.INSERT, row)


def _run(number: int) -> Run:
    about = {"protocol": "outbox", "account": f"relay-{number % ACCOUNTS}", "amount": Decimal("0.01")}
    return Run(**about, trace_id=uuid.uuid4().hex, span_id=uuid.uuid4().hex[:16])


def _headers(run: Run) -> dict[str, object]:
    return {"mode": "run", "cause": None, "traceparent": f"00-{run.trace_id}-{run.span_id}-01", "faults": []}
