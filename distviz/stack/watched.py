"""The protocols from outside, as the launcher sees them: what is loaded, what is left out, and whether a file has
changed."""

import asyncio
import os
from collections.abc import Callable

from distviz.stack import outside, trying
from distviz.stack.outside import Refused
from distviz.stack.trying import Verdict

LOOKS_S = 1.0
STANDS_STILL_S = 0.3  # an editor that saves several files


class Watched:
    """`tell` gets each line for the console. Its variable is absolute from here on, and every child has it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.folders = [str(folder) for folder in outside.asked()]
        if self.folders:
            os.environ[outside.VARIABLE] = os.pathsep.join(self.folders)
        self._tell = tell
        self._verdict = Verdict()
        self._told: set[Refused] = set()
        self._loaded_mark = ""
        self._seen = ""
        self._fresh = True

    @property
    def any(self) -> bool:
        return bool(self._verdict.loaded or self._verdict.refused)

    async def take(self) -> bool:
        """What is to be loaded now. Whether it is something else than before; what is new is told."""
        if self._fresh:
            trying.forget_migrate()
            self._fresh = False
        self._seen = _mark()
        verdict = await asyncio.to_thread(trying.take)
        before, self._verdict = self._verdict, verdict
        for one in verdict.refused:
            if one not in self._told:
                self._tell(str(one))
        self._told = set(verdict.refused)
        for key in sorted({one.key for one in verdict.loaded} - {one.key for one in before.loaded}):
            self._tell(f"the protocol {key} is loaded from outside")
        mark = trying.mark(verdict.loaded) if verdict.loaded else ""
        is_other, self._loaded_mark = mark != self._loaded_mark, mark
        return is_other

    async def changes(self) -> None:
        """Returns when something has changed since `take`, and stands still."""
        while (now := _mark()) == self._seen:
            await asyncio.sleep(LOOKS_S)
        self._tell("a protocol from outside has changed")
        await asyncio.sleep(STANDS_STILL_S)
        while (then := _mark()) != now:
            now = then
            await asyncio.sleep(STANDS_STILL_S)


def _mark() -> str:
    found, refused = outside.find()
    return trying.mark(found) + "".join(sorted(str(one) for one in refused))
