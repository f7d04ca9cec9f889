"""One bench from its beginning to its end: every protocol after the other, under the same load."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from distviz.bench import conditions, pages
from distviz.bench.asked import BenchAsked
from distviz.bench.beating import staying
from distviz.bench.beside import every
from distviz.bench.beside.every import BesideLoads
from distviz.bench.history import fill
from distviz.bench.load import EndWatch, ProtocolLoop
from distviz.bench.models import DONE, RUNNING, Result, failed
from distviz.bench.rounds import Row, compared, merged
from distviz.bench.stats import Cost, rounded
from distviz.codes import Reason
from distviz.errors import BadRequest, NotNow
from distviz.story.measures import measure
from distviz.trace import reasons, unguarded
from distviz.trace.models import Event, Run
from protocols import registry
from protocols.catalogue import Protocol

SILENT = timedelta(seconds=90)  # a bench that says nothing for so long has died
BATCH = 200
Tell = Callable[[str], None]


def begin(asked: BenchAsked) -> Result:
    """Write it down as running. Raises NotNow while another one runs: two at once would measure each other."""
    dead = Result.objects.filter(state=RUNNING, beat_at__lt=timezone.now() - SILENT)
    dead.update(**failed(Reason("bench_died")), finished_at=timezone.now())
    try:
        with transaction.atomic(using="default"):
            return Result.objects.create(asked=asked.as_dict())
    except IntegrityError:
        raise NotNow("bench_is_running") from None


def carry_out(result: Result, asked: BenchAsked, say: Callable[[str], None]) -> Result:
    """Load, measure, verify the books. Whatever happens, the result says how it ended."""

    def tell(doing: str) -> None:
        say(doing)
        result.doing = doing[:200]
        result.save(update_fields=["doing", "beat_at"])

    try:
        result.conditions = conditions.read()
        result.save(update_fields=["conditions", "beat_at"])
        with staying(result), every.measured(asked, _most_accounts(asked), tell) as beside, EndWatch() as waiting:
            _rounds(result, asked, beside, waiting, tell)
            if asked.history:
                _with_history(result, asked, waiting, tell)
        result.state = DONE
    except BaseException as error:
        for column, value in failed(reasons.of(error)).items():
            setattr(result, column, value)
        raise
    finally:
        result.doing, result.finished_at = "", timezone.now()
        result.save()
    return result


def _rounds(result: Result, asked: BenchAsked, beside: BesideLoads, waiting: EndWatch, tell: Tell) -> None:
    """Each round is the whole program in the same order, so that what changes meanwhile meets all alike."""
    own: dict[str, list[Row]] = {}
    others: dict[tuple[str, ...], list[Row]] = {}
    for _round in range(asked.rounds):
        for key in asked.protocols:
            own.setdefault(key, []).append(_one(asked, registry.get(key), waiting, tell))
            _keep(others, beside.of(key))
            result.rows = [merged(rows) for rows in own.values()]
            result.save(update_fields=["rows", "beat_at"])
        _keep(others, beside.rates())
    result.beside = [*(merged(rows) for rows in others.values()), *beside.errors()]
    result.ratios = compared(result.rows, result.beside)


def _keep(others: dict[tuple[str, ...], list[Row]], rows: Iterable[Row]) -> None:
    for row in rows:
        others.setdefault((row["name"], row.get("of", ""), row.get("rate", "")), []).append(row)


def _with_history(result: Result, asked: BenchAsked, waiting: EndWatch, tell: Tell) -> None:
    """The protocols and the pages again, with that many runs behind them."""
    tell("pages")
    before = pages.read()
    took = fill(asked.history, tell=lambda done: tell(f"history: {done}"))
    rows = []
    for key in asked.protocols:
        again = [_one(asked, registry.get(key), waiting, tell) for _round in range(asked.rounds)]
        rows.append(merged(again))
    tell("pages")
    shown = pages.compared(before, pages.read())
    result.history = {"runs": asked.history, "filled_s": rounded(took), "rows": rows, "pages": shown}


def _most_accounts(asked: BenchAsked) -> int:
    return max(len(accounts(asked, registry.get(key))) for key in asked.protocols)


def _one(asked: BenchAsked, protocol: Protocol, waiting: EndWatch, tell: Tell) -> Row:
    tell(f"{protocol.key}: warming up")
    loop = ProtocolLoop(asked, protocol.key, accounts(asked, protocol))
    loop.go(waiting, tell)
    if not loop.made:
        raise NotNow("bench_no_run", protocol=protocol.key)
    tell(f"{protocol.key}: reading the logs and the books")
    holds = all(invariant.holds for invariant in protocol.books.audit().invariants)
    return loop.sample.row(protocol.key, costs(loop.made, protocol), books=holds)


def accounts(asked: BenchAsked, protocol: Protocol) -> list[str]:
    """One account that all contend for, or many so that no run waits for a row."""
    funded = [
        balance.name for balance in unguarded.guarded(protocol.books.accounts()) if balance.balance >= asked.sum * 100
    ]
    if not funded:
        raise BadRequest("amount", "bench_no_money", protocol=protocol.key)
    return funded[:1] if asked.contention == "hot" else funded


def costs(runs: Sequence[UUID], protocol: Protocol) -> Iterator[Cost]:
    """Folded from the logs, some runs at a time."""
    for start in range(0, len(runs), BATCH):
        some = Run.objects.in_bulk(list(runs[start : start + BATCH]))
        log = Event.objects.filter(run__in=list(some)).defer("lines", "statements").order_by("run_id", "seq")
        for run_id, events in groupby(log.iterator(2000), key=lambda event: event.run_id):
            m = measure(some[run_id], protocol, events)
            yield Cost(m.locks(), m.gap_ms, m.for_ever, m.messages, m.commits)
