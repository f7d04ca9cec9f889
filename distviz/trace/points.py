"""Where the lab hangs on a protocol's steps and messages, so that the protocol's page need not say it.

A protocol registers this in its own `points.py`, which its AppConfig imports. What is not registered has the
defaults: the fault points of the service that does the step, or those of `refund` for a compensation.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from distviz.trace import context, faults
from distviz.trace.context import Delivery, OpenStep
from distviz.trace.messages import Message

Moments = tuple[str, ...]
Seen = Callable[[Delivery, OpenStep], None]
OWN = ("own",)  # the points of the service that does the step, or of `refund` for a compensation


@dataclass(frozen=True)
class StepWatch:
    """What the lab knows of a step. A moment is met at each of `points`, or is the whole name of a fault point."""

    points: tuple[str, ...] = OWN
    ahead: Moments | Callable[[Delivery], Moments] = ()
    before: Moments | Callable[[Delivery], Moments] = ("before_tx",)
    within: Moments = ("in_tx",)
    after: Moments = ("after_commit",)
    status: str | Callable[[Delivery], str | None] | None = None  # of the run while the step is open
    then: str | Callable[[OpenStep], str] = ""  # of the run once it is committed
    ends: str = "commit"  # where no connection says it
    fails: str = "rollback"  # if an error ends it
    order: bool = False  # about what is prepared: it begins no transaction
    begun: Seen | None = None  # called when its begin is written
    ended: Seen | None = None  # called when its end is written

    def names(self, moments: Moments | Callable[[Delivery], Moments], delivery: Delivery | None = None) -> list[str]:
        """The fault points of these moments."""
        if callable(moments):
            moments = moments(delivery) if delivery else ()
        named = [f"{point}.{moment}" for point in self.points for moment in moments if "." not in moment]
        return named + [moment for moment in moments if "." in moment]


_STEPS: dict[tuple[str, str], StepWatch] = {}
_BEFORE: dict[type[Message], list[str]] = {}
_AFTER: dict[type[Message], list[str]] = {}


def at_step(
    protocol: str,
    name: str,
    *,
    points: str | tuple[str, ...] | None = OWN,
    ahead: str | Moments | Callable[[Delivery], Moments] = (),
    before: str | Moments | Callable[[Delivery], Moments] = ("before_tx",),
    within: str | Moments = ("in_tx",),
    after: str | Moments = ("after_commit",),
    status: str | Callable[[Delivery], str | None] | None = None,
    then: str | Callable[[OpenStep], str] = "",
    ends: str = "commit",
    fails: str = "rollback",
    order: bool = False,
    begun: Seen | None = None,
    ended: Seen | None = None,
) -> None:
    """What the lab knows of a protocol's step of that name.

    `points` are where its faults hang, None for a step without any. `ahead` (it has not begun yet), `before`, `within`
    (just before its COMMIT or PREPARE TRANSACTION) and `after` are the moments at which they are met. `status` is the
    run's while the step is open, `then` its status once it is committed; either may be a function. `ends` is how it
    ends where no connection to a database says it, `fails` how an error ends it. An `order` is about what is prepared,
    and begins no transaction. `begun` and `ended` see the step just
    after its begin and its end were written.
    """
    watch = StepWatch(
        points=(points,) if isinstance(points, str) else points or (),
        ahead=ahead if callable(ahead) else _moments(ahead),
        before=before if callable(before) else _moments(before),
        within=_moments(within),
        after=_moments(after),
        status=status,
        then=then,
        ends=ends,
        fails=fails,
        order=order,
        begun=begun,
        ended=ended,
    )
    _STEPS[protocol, name] = watch
    known = [moments for moments in (watch.ahead, watch.before) if not callable(moments)]
    for moment in (*(moment for moments in known for moment in moments), *watch.within, *watch.after):
        _know(moment)


def before_sending(message: type[Message], point: str) -> None:
    """A fault point that is met just before a message of that type leaves."""
    _know(point)
    _BEFORE.setdefault(message, []).append(point)


def after_sending(message: type[Message], point: str) -> None:
    """A fault point that is met just after a message of that type has left."""
    _know(point)
    _AFTER.setdefault(message, []).append(point)


def watch(delivery: Delivery, name: str, compensates: str = "") -> StepWatch:
    """What hangs on the step that begins. What recovery does is not broken: no fault points."""
    found = _STEPS.get((delivery.protocol, name), StepWatch())
    if delivery.redriven:
        return replace(found, points=(), ahead=(), before=(), within=(), after=())
    if found.points is OWN:
        point = "refund" if compensates else delivery.lane
        found = replace(found, points=(point,) if point in faults.SERVICE_POINTS else ())
    return found


def about_to_send(message: type[Message]) -> None:
    if message in _BEFORE:
        faults.fire(_BEFORE[message])


def sent(message: type[Message]) -> None:
    if message in _AFTER:
        faults.fire(_AFTER[message])


def about_to_commit(locks: faults.Locks | None = None) -> None:
    """Called with everything done and nothing committed: the fault points within the open step. `locks` reads what
    the open transaction holds."""
    opened = context.open_step()
    if opened is not None:
        faults.fire(opened.within, locks)


def _moments(moments: str | Moments) -> Moments:
    return (moments,) if isinstance(moments, str) else moments


def _know(point: str) -> None:
    if "." in point and point not in faults.POINTS:
        faults.know_point(point, faults.AFTER_ACTIONS)
