"""A run that is watched: how far it is, and who sees it."""

from dataclasses import dataclass, field

from distviz.live.audience import Audience
from distviz.live.looks import Look
from distviz.live.pace import Pace
from distviz.live.viewers import RunViewer


@dataclass(eq=False)
class WatchedRun:
    """What the hub knows of one run."""

    head: int  # the last event handed out
    heard: int  # the last event heard of
    protocol: str = ""
    over: bool = False
    audiences: dict[Look, Audience] = field(default_factory=dict)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.heard)

    def __len__(self) -> int:
        """Viewers."""
        return sum(len(audience.viewers) for audience in self.audiences.values())

    def __bool__(self) -> bool:
        return True

    def enter(self, viewer: RunViewer, audience: Audience) -> None:
        """One more who sees the run as the others do who have this look; `audience` if it is the first."""
        viewer.audience = self.audiences.setdefault(viewer.look, audience)
        viewer.audience.enter(viewer)

    def leave(self, viewer: RunViewer) -> None:
        audience = self.audiences.get(viewer.look)
        if audience is None:
            return
        audience.leave(viewer)
        if not audience.viewers:
            del self.audiences[viewer.look]
