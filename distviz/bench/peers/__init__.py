"""The same withdrawal, relay and event store by other libraries. Each module is a program that runs in an environment
of its own (requirements-peers.txt), with nothing of the lab but the loop and the statements."""
