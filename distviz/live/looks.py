"""What a viewer sees of a run: its log as JSON, or (drawing.py) as the HTML of a page."""

from typing import Protocol

from distviz.live.batches import Batch
from distviz.live.frames import Frame
from distviz.story.picture.markup import Part

Shown = tuple[Part, ...]  # the parts around the rows, as a viewer has them; none at first


class Drawing(Protocol):
    """Some consecutive rows of a run as a viewer sees them."""

    first: int
    last: int

    def frame(self, after: int, shown: Shown, behind: int) -> tuple[Frame, Shown]:
        """What is new to a viewer who has the rows up to `after` and these parts, and what it has then. The same
        objects for all to whom the same is new. `behind`: by how many events."""


class Look(Protocol):
    """Those of one look see the same. Looks are compared, and are keys."""

    async def draw(self, batch: Batch) -> Drawing: ...


class JsonDrawing:
    """One text for each event. A program knows by the numbers how far it is."""

    def __init__(self, batch: Batch) -> None:
        self.first, self.last = batch.first, batch.last
        self._texts = batch.json
        self._made: dict[int, Frame] = {}

    def frame(self, after: int, shown: Shown, behind: int) -> tuple[Frame, Shown]:
        if after not in self._made:
            self._made[after] = Frame(self._texts[max(after - self.first + 1, 0) :])
        return self._made[after], shown


class AsJson:
    async def draw(self, batch: Batch) -> Drawing:
        return JsonDrawing(batch)


AS_JSON = AsJson()
