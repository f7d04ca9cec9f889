"""How a span ended, or how far it is."""

OK, FAILED, CRASHED, INTERRUPTED, IGNORED, PREPARED = "ok", "failed", "crashed", "interrupted", "ignored", "prepared"
OPEN, LOST, PARKED, QUEUED, UNTAKEN, BACKOFF = "open", "lost", "parked", "queued", "untaken", "backoff"
CUT = "cut"  # the run's log was closed before its end could be told
