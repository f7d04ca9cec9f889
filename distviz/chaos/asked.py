"""What a run of chaos is asked to do, bounded: it stops by itself whatever is asked."""

from dataclasses import dataclass

SECONDS = (5.0, 600.0)
RATE = (0.5, 100.0)
PACE = (0.5, 60.0)
SEED = (0, 10**9)


@dataclass(frozen=True)
class CampaignAsked:
    """`rate`: withdrawals per second of all clients together, at most; `pace`: seconds between two failures."""

    seed: int
    seconds: float = 90
    rate: float = 6
    pace: float = 4

    def as_dict(self) -> dict[str, float]:
        return {"seed": self.seed, "seconds": self.seconds, "rate": self.rate, "pace": self.pace}
