"""How a span ended, or how far it is."""

OK, FAILED, CRASHED, INTERRUPTED, IGNORED, PREPARED = "ok", "failed", "crashed", "interrupted", "ignored", "prepared"
OPEN, LOST, PARKED, QUEUED, UNTAKEN, BACKOFF = "open", "lost", "parked", "queued", "untaken", "backoff"
