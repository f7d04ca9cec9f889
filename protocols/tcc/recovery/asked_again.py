"""What was asked for before: a copy, a repetition after a failure or a death. A process that died after it had written
something down may not have said so: what the record says is next is said again."""

from distviz.trace.outcomes import Outcome
from protocols.tcc import coordinator
from protocols.tcc.messages import Done, Tried


@coordinator.count.asked_again
def count_again(reply: Tried) -> Outcome | None:
    coordinator.count(reply)
    return coordinator.go_on(reply)


@coordinator.acknowledge.asked_again
def acknowledge_again(answer: Done) -> Outcome | None:
    coordinator.acknowledge(answer)
    return coordinator.go_on(answer)
