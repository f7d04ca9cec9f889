"""The outcome table of a race or a comparison, as CSV with plain numbers and as Markdown to read."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from distviz import money
from distviz.dashboard.race.boards import Board
from distviz.export import csv_text, markdown
from distviz.story import outcome
from distviz.story.money_strip import TOLD
from distviz.story.shapes import locking
from distviz.story.words import changes

PLAIN = ("run", "protocol", "account", "amount", "faults", "fired", "status", "verdict", "outcome")


def as_csv(boards: Sequence[Board]) -> str:
    locks = [f"locks_{lane}_ms" for lane in locking()]
    measured = ("gap_ms", "gap_for_ever", *locks, "messages", "lost", "commits", "attempts", "latency_ms", "over")
    return csv_text.write((*PLAIN, *TOLD, *measured), map(_line, boards))


def _line(board: Board) -> list[object]:
    run, picture, m = board.run, board.picture, board.measures
    return [
        run.pk,
        run.protocol,
        run.account,
        money.text(run.amount),
        " ".join(f"{fault.at}:{fault.do}:{fault.times}:{fault.ms}" for fault in board.faults),
        board.fired,
        picture.status,
        picture.verdict,
        picture.progress.doing,
        *(money.text(picture.money.part(name)) for name in TOLD),
        f"{m.gap_ms:.3f}",
        "yes" if m.for_ever else "no",
        *(f"{m.locks(lane):.3f}" for lane in locking()),
        m.messages,
        m.lost,
        m.commits,
        m.attempts,
        f"{m.latency_ms:.3f}",
        "yes" if m.over else "no",
    ]


def as_markdown(boards: Sequence[Board]) -> str:
    head = [_("Protocol"), _("How it ended"), _("The money"), *(title for _key, title in outcome.titles())]
    lines = [*markdown.table(head, map(_cells, boards)), ""]
    asked = boards[0]
    lines.append(
        markdown.text(
            _("%(sum)s from %(who)s, %(when)s UTC. Best of those that kept the money: ★")
            % {
                "sum": changes.dollars(asked.run.amount),
                "who": asked.run.account,
                "when": f"{asked.run.created_at:%Y-%m-%d %H:%M:%S}",
            }
        )
    )
    return "\n".join(lines) + "\n"


def _cells(board: Board) -> list[object]:
    fired = f" ({board.fired})" if board.fired else ""
    ended = f"{board.picture.status_words}: {board.picture.progress.doing}"
    parts = ", ".join(f"{total} {word}" for _css, word, total in board.parts)
    stars = {"best": " ★", "worst": " ▼"}
    measured = [value.text + stars.get(rank, "") for value, rank in board.cells]
    return [f"{board.protocol.short}{fired}", ended, f"{board.picture.verdict_words}: {parts}", *measured]


FORMATS: dict[str, tuple[str, Callable[[Sequence[Board]], str]]] = {
    "csv": ("text/csv", as_csv),
    "md": ("text/markdown", as_markdown),
}
