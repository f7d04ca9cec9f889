"""The operator's view of the transactions in doubt, and the decision."""

from django.utils.translation import gettext_lazy as _

from protocols.doubts import Decision, Doubts
from protocols.two_phase.desk import in_doubt, resolve
from protocols.two_phase.log import ABORT, COMMIT

DECISIONS = {"commit": COMMIT, "rollback": ABORT}


def decide(run_id: str, action: str, reason: str, actor: str) -> Decision:
    return resolve.force(run_id, DECISIONS[action], reason, actor)


DOUBTS = Doubts(
    rows=resolve.in_doubt,
    find=in_doubt.find,
    preview=in_doubt.previewed,
    count=in_doubt.count,
    decide=decide,
    abort=resolve.abort,
    hint=_("To see this page at work, hold the coordinator of a two-phase commit after all have prepared."),
    fault="coordinator.after_prepared:hold",
)
