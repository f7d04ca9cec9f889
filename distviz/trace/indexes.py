"""The indexes of the lab's tables. What a sweep looks for has an index of exactly that, so that what waits for
something else is not even looked at."""

from django.db.models import DateTimeField, F, Func, GeneratedField, Index, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Greatest

# Runs that may be driven on, those that wait for a person, and those that a process holds, which may have died.
IDLE = Q(finished_at=None, holding__isnull=True) & ~Q(status="needs_attention")
OPEN = Q(finished_at=None) & ~Q(status="needs_attention")
WAITS = Q(finished_at=None, holding__isnull=True, status="needs_attention")
HELD = Q(finished_at=None, holding__isnull=False)

_SECOND = "(date_trunc('second', %(expressions)s AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')"


def second_of(column: str) -> GeneratedField:
    """The same to the second, for indexes: most writes to a row leave it, and so each of its indexes, as it is."""
    return GeneratedField(expression=Func(F(column), template=_SECOND), output_field=DateTimeField(), db_persist=True)


OF_RUNS = [
    Index("created_at", "id", name="runs_newest"),
    Index("protocol", "created_at", "id", name="runs_under_protocol"),
    Index("status", "created_at", name="runs_by_status"),
    Index("account", "created_at", include=["status"], name="runs_of_account"),
    Index("account", "protocol", "created_at", "id", name="runs_of_account_under"),
    Index("account", "protocol", "status", name="runs_of_account_counted"),
    Index("protocol", "finished_at", condition=Q(finished_at__isnull=False), name="runs_over"),
    Index("touched", condition=Q(finished_at=None), name="runs_unfinished"),
    Index("client", condition=OPEN & ~Q(client=""), name="runs_open_of_client"),
    Index("network", condition=OPEN & ~Q(network=""), name="runs_open_of_network"),
    Index(Greatest("touched", "wake_at"), condition=IDLE, name="runs_idle"),  # those that sleep lie at its end
    Index("protocol", condition=WAITS, name="runs_waiting"),
    Index(KeyTextTransform("host", "holding"), condition=HELD, name="runs_held_by"),
    Index(KeyTextTransform("since", "holding"), condition=HELD, name="runs_held_since"),
    Index("created_at", "id", condition=~Q(verdict="consistent"), name="runs_odd"),
    Index("created_at", "id", condition=Q(faulty=True), include=["status"], name="runs_faulty"),
    Index("created_at", "id", condition=Q(attempts__gt=1), include=["status"], name="runs_retried"),
    Index("created_at", "id", condition=~Q(note=""), include=["note"], name="runs_noted"),
]
OF_PARKED = [
    Index("due_at", condition=Q(state="parked", due_at__isnull=False), name="parked_due"),
    Index("run", condition=Q(state="parked"), name="parked_of_run"),
    Index("at", condition=Q(state="parked", due_at=None), name="parked_waiting"),
]
OF_LETTERS = [
    Index("at", condition=Q(state="dead"), name="dead_letters_dead"),
    Index("digest", condition=Q(state="dead"), name="dead_letters_alike"),
]
