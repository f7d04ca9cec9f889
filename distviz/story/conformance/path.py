"""What has to come before what, read off a protocol's path."""

from collections.abc import Iterable, Sequence

from distviz.story.picture.ghosts import name_of
from distviz.story.shapes import PlanLike, StepLike

DECIDES = "decide"  # the step after which a decision is told, where a protocol has one


class Path:
    """Names as in the log.

    `triggers`: for a step, the messages of which any sets it off. `after`: for a step that no message sets off, the
    ones before it. `sources`: for a message, the steps of which any sends it; `answers`: the same for a reply, which
    what undoes a step sends as well. `main`: what is done if the withdrawal succeeds. `decided`: what only COMMIT
    leads to; `back`: what undoes; `empty`: what also undoes that which was never begun.
    """

    def __init__(self, plan: PlanLike) -> None:
        self._steps = list(plan.steps)
        self.names = _names(self._steps)
        self.triggers: dict[str, set[str]] = {}
        self.after: dict[str, set[str]] = {}
        self.sources: dict[str, set[str]] = {}
        self.answers: dict[str, set[str]] = {}
        for place, step in enumerate(self._steps):
            (self._message if step.to else self._step)(step, self._steps[:place])
        work = [step for step in self._steps if not step.to]
        forth = [step for step in work if not step.compensation]
        speaks = {step.lane for step in self._steps if step.to}  # who only listens is waited for by nobody
        self.main = _names(step for step in forth if step.lane in speaks or step is forth[-1])
        self.main |= set().union(*self.after.values()) - _names(step for step in work if step.compensation)
        self.back = _names(step for step in work if step.compensation)
        self.empty = _names(step for step in work if step.empty)
        later = [name_of(step) for step in forth]
        later = later[later.index(DECIDES) + 1 :] if DECIDES in later else []
        told = {name for name, wanted in self.triggers.items() if any(self._is_told(one) for one in wanted)}
        self.decided = told.intersection(later)

    def _is_told(self, message: str) -> bool:
        """Whether it carries the decision."""
        return DECIDES in self.sources.get(message, ())

    def _message(self, step: StepLike, before: Sequence[StepLike]) -> None:
        """The step before it in its lane sends it; what leads back may be sent by each that leads forth."""
        there = [one for one in before if not one.to and one.lane == step.lane]
        if not there:
            return
        turns = step.compensation and not there[-1].compensation
        senders = _names(there if turns else there[-1:])
        undoes = (one for one in self._steps if one.compensation and not one.to and one.lane == step.lane)
        self.sources.setdefault(name_of(step), set()).update(senders)
        self.answers.setdefault(name_of(step), set()).update(senders | _names(undoes))

    def _step(self, step: StepLike, before: Sequence[StepLike]) -> None:
        """The messages that have come to its lane since the step before it there; and those that lead back and have no
        step of their own, such as the one that lets a customer know of a refund."""
        set_off: list[StepLike] = []
        for one in reversed(before):
            if one.to == step.lane and one.compensation == step.compensation:
                set_off.append(one)
            elif set_off and not one.to and one.lane == step.lane:
                break
        if set_off:
            back = [one for one in self._steps if one.to == step.lane and one.compensation and not step.compensation]
            self.triggers[name_of(step)] = _names([*set_off, *back])
        elif before and before[-1].compensation == step.compensation:
            self.after[name_of(step)] = {name_of(before[-1])}


def _names(steps: Iterable[StepLike]) -> set[str]:
    return {name_of(step) for step in steps}
