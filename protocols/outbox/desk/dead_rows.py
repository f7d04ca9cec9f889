"""The dead rows of the outboxes, for the page of what needs manual action."""

from collections.abc import Collection, Iterator

from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.runs.waiting import SHOWN
from protocols.dead_rows import DeadRow, DeadRows
from protocols.outbox.desk.pages import TABLES
from protocols.outbox.models import OutboxRow


def rows(silent: Collection[str]) -> Iterator[DeadRow]:
    for table in TABLES:
        if table.database not in silent:
            yield from (_of_outbox(table.database, row) for row in _dead(table))


def _dead(table: type[OutboxRow]) -> list[OutboxRow]:
    """The oldest; none of a database that does not answer."""
    try:
        return list(table._default_manager.filter(status="dead").order_by("id")[:SHOWN])
    except (DatabaseError, InterfaceError):
        return []


def _of_outbox(store: str, row: OutboxRow) -> DeadRow:
    title = _("%(event)s, row %(n)s of the outbox") % {"event": row.event_type, "n": row.pk}
    return DeadRow(f"outbox-{store}-{row.pk}", title, row.withdrawal_id, row.created_at, row.last_error, row.attempts)


DEAD_ROWS = DeadRows(
    title=gettext_lazy("Dead outbox rows"),
    happened=gettext_lazy("The outbox relay tried to publish this row and gave up."),
    do=gettext_lazy("Retry its run: the row gets new attempts."),
    do_without_run=gettext_lazy("Correct the row's payload, or leave it: it blocks nothing."),
    rows=rows,
)
