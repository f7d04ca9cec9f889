"""Where Celery looks for tasks: importing the registry registers every handler."""

from distviz.trace import sweeps
from protocols import registry

__all__ = ["registry", "sweeps"]
