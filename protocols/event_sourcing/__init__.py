"""Event sourcing and CQRS: what happened is stored and never changed; state is its fold, read models follow it."""
