"""How far a run is: its status, what it does right now, what waits for manual action. Folded from the log, like all
else."""

import itertools
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from distviz.codes import LOCKED
from distviz.story.picture.ghosts import Arrow, name_of
from distviz.story.picture.rows import HeldStep, ParkedMessage, Retry
from distviz.story.shapes import EventLike, PlanLike, goes_forward
from distviz.story.words import changes, messages, points, wording
from distviz.story.words.sentences import reason_of, say
from distviz.story.words.wording import Names

_LEAVES = {"sent", "lost", "parked", "delayed"}
_SETTLED = {"delivered", "dropped", "duplicated"}
_PASSING = ("pending", "retrying", "waiting_lock", "delivering")  # until something goes on
_REFUSALS = ("Failed", "Declined", "Rejected")


class Progress:
    """Everything of the picture that is not drawn in a single row."""

    def __init__(self, protocol: PlanLike, names: Names) -> None:
        self.status = "pending"
        self.doing = _("Nothing has happened yet.")
        self.verdict = ""
        self.finished = False
        self.compensating = False
        self.decided: bool | None = None  # to do it, or to give it up
        self.begun: set[str] = set()
        self.parked: dict[str, ParkedMessage] = {}
        self.held: HeldStep | None = None
        self.by_hand = ""
        self.retry: Retry | None = None
        self._names = names
        self._messages = {name_of(step): step for step in protocol.steps if step.kind == "message"}

    def copied(self, names: Names) -> "Progress":
        copied = copy(self)
        copied.begun, copied.parked, copied._names = set(self.begun), dict(self.parked), names
        return copied

    def feed(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase == "rival":  # another run's story
            return
        if event.kind in ("hold", "finished"):
            self.held = None
        if event.phase in _SETTLED:  # what was sent before it and still waits
            earlier = itertools.takewhile(lambda parked: parked.mid != data.get("mid"), self.parked.values())
            self._names.overtaken = [parked.name for parked in earlier] if event.phase != "dropped" else []
        self.retry = None
        if event.kind not in ("request", "finished") and self.status in _PASSING:
            self.status = self._under_way
        acts = {
            "request": self._request,
            "step": self._step,
            "decision": self._decision,
            "message": self._message,
            "fault": self._fault,
            "hold": self._hold,
            "lock": self._lock,
            "retry": self._retry,
            "attention": self._attention,
            "operator": self._operator,
            "relay": self._relay,
            "finished": self._finished,
        }
        if event.kind in acts:
            acts[event.kind](event, data)
        if self.held:  # what others do meanwhile does not end it
            self.doing = _("Held until it is released: %(point)s.") % {"point": points.place(self.held.point)}

    def settle(self, event: EventLike, data: dict[str, Any]) -> None:
        """After the row is drawn: an envelope that was dealt with is gone."""
        if event.kind == "message" and event.phase in _SETTLED:
            self.parked.pop(str(data.get("mid")), None)

    def _request(self, event: EventLike, data: dict[str, Any]) -> None:
        self.doing = _("The request is on its way.")

    def _step(self, event: EventLike, data: dict[str, Any]) -> None:
        self.begun.add(event.name)
        values = {"lane": self._names.lane(event.lane), "step": self._names.step(event.name)}
        if event.phase == "begin":
            if data.get("compensates"):
                self._compensate()
            self.doing = _("%(lane)s executes “%(step)s”.") % values
        elif event.phase == "commit":
            self._names.made_at[event.name] = event.seq
            self.doing = _("%(lane)s has committed “%(step)s”.") % values
        elif event.phase == "rollback":
            self.doing = _("%(lane)s has rolled back “%(step)s”.") % values
        elif event.phase == "failed":
            self.doing = _("%(lane)s could not execute “%(step)s”.") % values
        elif event.phase == "prepared":
            self.status = self._under_way if self.decided is not None else "in_doubt"
            self.doing = _("%(lane)s is prepared and waits for the decision.") % values

    def _decision(self, event: EventLike, data: dict[str, Any]) -> None:
        self.decided = goes_forward(event)
        self.begun.add(event.name)
        self.status = self._under_way
        self.doing = _("Decided: %(name)s. Every participant has to be told.") % {"name": event.name}

    def _message(self, event: EventLike, data: dict[str, Any]) -> None:
        values = {"name": event.name, "lane": self._names.lane(event.lane), "to": self._names.lane(event.to)}
        if event.phase in _LEAVES:
            self._names.sent_at[event.seq] = event.at
            self.begun.add(event.name)
            step = self._messages.get(event.name)
            # A refusal is the first sign of a compensation, before it has begun.
            if step.compensation if step else event.name.endswith(_REFUSALS):
                self._compensate()
        if event.phase in _SETTLED:
            self._names.sent_at[event.seq] = event.at
            values["overtaken"] = ", ".join(self._names.overtaken)
            if data.get("by") == "operator":
                self.by_hand = messages.settled(event.phase, **values)
        if event.phase == "parked":
            arrow = Arrow(event.lane, event.to, str(data.get("form") or "event"), "parked")
            mid, why = str(data.get("mid")), str(data.get("why", ""))
            self.parked[mid] = ParkedMessage(
                mid, event.name, arrow, values["lane"], values["to"], why, event.seq, event.at
            )
        sentence = {
            "sent": _("%(name)s is on its way to %(to)s."),
            "delayed": _("%(name)s is delayed on its way to %(to)s."),
            "lost": _("%(name)s is lost on its way to %(to)s."),
            "parked": _("%(name)s is parked: you decide what the network does with it."),
            "received": _("%(lane)s has received %(name)s from its queue."),
            "ignored": _("%(lane)s has processed this %(name)s before."),
        }.get(event.phase)
        self.doing = sentence % values if sentence else self.doing

    def _fault(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.name == "crash":
            lane = self._names.lane(event.lane)
            self.doing = _("The process of %(lane)s was killed; its message will be redelivered.") % {"lane": lane}
        else:
            self.doing = _("Fault: %(fault)s.") % {"fault": points.fault(str(data.get("at", "")), event.name)}

    def _hold(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase == "held":
            point = str(data.get("point") or event.name)
            locks = [lock for lock in data.get("locks") or () if isinstance(lock, dict)]
            self.held = HeldStep(
                point,
                self._names.lane(event.lane),
                data.get("pid"),
                event.at,
                tuple(f"{lock.get('relation')} {lock.get('mode')}" for lock in locks),
                next((lock["backend"] for lock in locks if lock.get("backend")), None),
                next((str(lock["since"])[11:23] for lock in locks if lock.get("since")), ""),
                tuple(changes.lines(data.get("rows"))),
            )

    def _lock(self, event: EventLike, data: dict[str, Any]) -> None:
        self.status = "waiting_lock"
        values = {"lane": self._names.lane(event.lane), "row": event.name, "holder": str(data.get("holder", ""))[:8]}
        if values["holder"]:
            self.doing = _("%(lane)s waits for %(row)s, which run %(holder)s has locked.") % values
        else:
            self.doing = _("%(lane)s waits for %(row)s, which another transaction has locked.") % values

    def _retry(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase == "left":
            self.status = self._under_way if self.decided is not None else "retrying"
            self.doing = _("Recovery goes on when it can.")
            return
        if event.phase != "scheduled":
            self.doing = _("Max retries exceeded.") if event.phase == "exhausted" else _("Failed, not retried.")
            return
        why = reason_of(data)
        self.status = "waiting_lock" if why and why.code in LOCKED else "retrying"
        wait, attempt = int(data.get("wait_ms") or 0), int(data.get("next_attempt") or event.attempt + 1)
        self.retry = Retry(event.at, wait, attempt, self._names.lane(event.lane))
        self.doing = _("Waiting %(t)s before attempt %(n)s.") % {"t": wording.duration(wait), "n": attempt}

    def _attention(self, event: EventLike, data: dict[str, Any]) -> None:
        self.status = "needs_attention"
        self.doing = _("This run needs manual action.")

    def _operator(self, event: EventLike, data: dict[str, Any]) -> None:
        if event.phase == "retried":
            self.status = self._under_way
            self.doing = _("An operator has sent the message again.")
        elif event.phase == "requeued":
            self.status = "delivering"
            self.doing = _("An operator has put the message back into the outbox.")

    def _relay(self, event: EventLike, data: dict[str, Any]) -> None:
        self.status = "delivering"
        self.doing = _("%(name)s waits in the outbox: an operator stopped the outbox relay.") % {"name": event.name}

    def _finished(self, event: EventLike, data: dict[str, Any]) -> None:
        self.finished = True
        self.status = event.name
        self.parked.clear()
        self.verdict = str(data.get("verdict") or "")
        why = reason_of(data)
        outcome = say(why) if why else str(data.get("outcome") or "")
        self.doing = wording.beside_status(event.name, outcome) or wording.status(event.name)

    def _compensate(self) -> None:
        self.compensating = True
        self.status = self._under_way

    @property
    def _under_way(self) -> str:
        """The status of a run that is at work. A rollback after an ABORT makes nothing good: nothing was committed."""
        if self.decided is not None:
            return "committing" if self.decided else "running"
        return "compensating" if self.compensating else "running"
