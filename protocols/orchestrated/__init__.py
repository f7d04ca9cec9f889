"""A saga by orchestration: a coordinator drives Celery chains, one forwards and one backwards, and keeps a log that
makes them durable."""
