"""Failures that another attempt may not meet again."""

import pymongo.errors
from django.db import DatabaseError, InterfaceError
from kombu.exceptions import KombuError

from distviz.errors import Transient

RETRYABLE = (
    Transient,
    DatabaseError,
    InterfaceError,
    pymongo.errors.PyMongoError,
    KombuError,
    ConnectionError,
    TimeoutError,
)
