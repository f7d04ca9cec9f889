"""Transactional outbox and inbox: the row and the message in one transaction, a relay that publishes it, at least once,
and consumers that take it once."""
