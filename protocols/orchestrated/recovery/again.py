"""A process that died after it had turned the saga back may not have started the chain that undoes it."""

from distviz.trace.outcomes import Outcome
from protocols.orchestrated import coordinator, saga_log
from protocols.orchestrated.messages import StepFailed


@coordinator.turn_back.asked_again
def turn_back_again(failure: StepFailed) -> Outcome | None:
    saga_log.turns_back(failure)
    return coordinator.go_on(failure) if saga_log.read(failure.tx_id).back else None
