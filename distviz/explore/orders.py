"""Every order in which messages that are on their way together can arrive: each order is a run of its own in step mode,
in which the explorer is the network. Those that differ early come first."""

from distviz.explore.models import Try

Order = tuple[str, ...]


class Frontier:
    """The orders that are still to be tried. One is as many deliveries as make it another than those before; what
    follows is delivered as it was sent. The first is empty."""

    def __init__(self) -> None:
        self._waiting: list[Order] = [()]
        self._seen: set[Order] = {()}

    def next(self, most: int) -> list[Order]:
        """So many of them, which are tried together; none are left if it is empty."""
        batch, self._waiting = self._waiting[:most], self._waiting[most:]
        return batch

    def learn(self, tried: Try) -> None:
        """At each turn something else could have been delivered: those are orders of their own. What stood before the
        turn has to be the same."""
        chosen = tuple(one for one, _others in tried.order)
        self._seen |= {chosen[:place] for place in range(len(chosen) + 1)}
        for place, (_one, others) in enumerate(tried.order):
            for order in ((*chosen[:place], other) for other in others):
                if order not in self._seen:
                    self._seen.add(order)
                    self._waiting.append(order)
