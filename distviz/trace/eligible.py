"""What a sweep looks for has an index of exactly that, so that what waits for something else is not even looked at."""

from django.db.models import Index, Q

# Runs that may be driven on, and those that a process holds, which may have died.
IDLE = Q(finished_at=None, holding__isnull=True) & ~Q(status="needs_attention")
HELD = Q(finished_at=None, holding__isnull=False)

OF_RUNS = [
    Index("updated_at", condition=Q(finished_at=None), name="runs_unfinished"),
    Index("updated_at", condition=IDLE, name="runs_idle"),
    Index("updated_at", condition=HELD, name="runs_held"),
]
OF_PARKED = [
    Index("due_at", condition=Q(state="parked", due_at__isnull=False), name="parked_due"),
    Index("run", condition=Q(state="parked"), name="parked_of_run"),
]
OF_LETTERS = [Index("at", condition=Q(state="dead"), name="dead_letters_dead")]
