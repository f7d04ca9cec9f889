"""A step that is done for several runs at once, such as a batch of messages that one relay publishes. Each run has it
in its log as if it had been alone; what is told of all of them is written by one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from celery import current_app

from distviz.trace import writing
from distviz.trace.context import Delivery, OpenStep
from distviz.trace.gathering import Leaving
from distviz.trace.log_events import Cause
from distviz.trace.post import Post
from distviz.trace.shared import short


@dataclass
class Together(Delivery):
    """In whose names such a step is done. No failure is switched on in any of the runs, and none is in step mode."""

    @classmethod
    def by(cls, each: Iterable[Delivery]) -> Self:
        parts = {one.run_id: one for one in each}
        first = next(iter(parts.values()))
        for one in parts.values():
            one.gathers = one.in_company = True
        return cls("", first.protocol, first.lane, service=first.service, gathers=True, parts=parts)

    def tell(self, kind: str, phase: str, name: str = "", **details: Any) -> int | None:
        self.gather(kind, phase, name, **details)
        if phase != "begin":
            self.flush()
        return None

    def gather(self, kind: str, phase: str, name: str = "", **details: Any) -> Cause:
        """To each its own part of it."""
        details["statements"] = [short(statement) for statement in details.get("statements", ())]
        lines = self.lines_so_far()
        for one in self.parts.values():
            one.lines += [{**line, "span": one.span_id} for line in lines]
            if kind != "step":
                one.gather(kind, phase, name, **details)
            elif phase == "begin":
                one.step = OpenStep(name, (), one.gather(kind, phase, name, **details))
            elif one.step:
                own: dict[str, Any] = {"changes": one.step.changes, "money": one.step.money, "cause": one.step.begun}
                one.cause, one.step = one.gather(kind, phase, name, **{**details, **own}), None
        return None

    def flush(self) -> None:
        """Write what was told of all of them, and let leave what is to leave."""
        stories = {run_id: one.to_write() for run_id, one in self.parts.items()}
        leaving = [message for one in self.parts.values() for message in one.leaving]
        for one in self.parts.values():  # if it fails, not later either
            one.pending, one.leaving = [], []
        writing.write_each(stories)
        if leaving:
            _publish(leaving)


def _publish(messages: Sequence[Leaving]) -> None:
    """All in one go. If that fails, nobody knows which of them have left: whoever sent them sends all of them again."""
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            producer.connection.ensure_connection(**current_app.conf.task_publish_retry_policy)  # no longer than alone
            together = Post(producer.channel)
            for message in messages:
                message.publish(together)
            together.leave()
    except Exception as error:
        for message in messages:
            message.fail(error)
        raise
