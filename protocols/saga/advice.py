"""When a saga fits, and when it does not; and what it is combined with."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument, Combination

ADVICE = (
    Argument("one_db", YES, -4, _("Five commits and three messages for what one COMMIT does."), "one-or-many"),
    Argument("one_db", NO, 2, _("Each service commits on its own; events drive the chain."), "saga-compensates"),
    Argument("fresh", YES, -4, _("Money is in flight between two of its commits."), "is-the-money-gone"),
    Argument("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
    Argument("outside", YES, 2, _("A step can be anything that can be undone."), "saga-compensates"),
    Argument("undo", YES, 3, _("Every failure has its compensation."), "saga-compensates"),
    Argument("undo", NO, -5, _("A step that cannot be undone leaves the saga stuck."), "compensation-fails"),
    Argument("block", NO, 2, _("No service waits for another: locks end with each local COMMIT."), "is-the-money-gone"),
)

_OVER_OUTBOXES = (
    Argument("one_db", YES, -5, _("Outboxes, a queue and compensations for what one COMMIT does."), "one-or-many"),
    Argument("one_db", NO, 2, _("Each service commits its step and its message together."), "relay-dies"),
    Argument("fresh", YES, -4, _("Money is in flight between two of its commits."), "is-the-money-gone"),
    Argument("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
    Argument("undo", YES, 3, _("Every failure has its compensation, and no event of it can get lost."), "relay-dies"),
    Argument("undo", NO, -5, _("A step that cannot be undone leaves the saga stuck."), "compensation-fails"),
    Argument("queue", YES, 3, _("The outbox relay feeds the queue that is there."), "relay-dies"),
    Argument("queue", NO, -1, _("It needs a message queue, and people who operate it."), "relay-dies"),
    Argument("block", NO, 2, _("Locks end with each local COMMIT, and a stopped relay only delays."), "relay-dies"),
)
COMBINED = (
    Combination(
        "saga-over-outboxes",
        _("Saga over outboxes"),
        ("saga", "outbox"),
        (
            *_OVER_OUTBOXES,
            Argument(
                "outside", YES, -1, _("A message may come twice, and a provider without a key acts twice."), "late-copy"
            ),
        ),
        measured="outbox",
    ),
    Combination(
        "saga-over-outboxes-with-key",
        _("Saga over outboxes, with an idempotency key at the outside provider"),
        ("saga", "outbox"),
        (
            *_OVER_OUTBOXES,
            Argument(
                "outside", YES, 4, _("The provider recognises a repeated call by its key and acts once."), "late-copy"
            ),
            Argument("outside", NO, -1, _("There is no outside provider that needs a key."), "late-copy"),
        ),
        measured="outbox",
        beyond=_("The provider is not in this lab; all else is."),
    ),
    Combination(
        "saga-of-event-sourced-services",
        _("Saga between services, event sourcing within the one that is audited"),
        ("saga", "event_sourcing"),
        (
            Argument("one_db", YES, -5, _("One database needs neither messages nor compensations."), "one-or-many"),
            Argument(
                "one_db", NO, 1, _("Each service commits on its own; events drive the chain."), "saga-compensates"
            ),
            Argument(
                "audit",
                YES,
                3,
                _("The account's past is a stream of events; the others stay plain tables."),
                "stale-read",
            ),
            Argument(
                "audit", NO, -3, _("Nobody asks for the past: a stream of events is work for nothing."), "stale-read"
            ),
            Argument("undo", YES, 2, _("Every failure has its compensation."), "saga-compensates"),
            Argument("undo", NO, -5, _("A step that cannot be undone leaves the saga stuck."), "compensation-fails"),
            Argument("fresh", YES, -4, _("Read models and other services learn of it later."), "stale-read"),
            Argument("fresh", NO, 1, _("Eventually consistent is enough."), "is-the-money-gone"),
            Argument("block", NO, 1, _("Locks end with each local COMMIT."), "is-the-money-gone"),
        ),
        measured="event_sourcing",
    ),
)
