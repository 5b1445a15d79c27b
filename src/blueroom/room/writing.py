"""One transaction that writes, in turn with the others of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# SQLite has one writer, and who finds it busy sleeps and asks again, up to 100 ms at a time. Within
# a process a lock hands the turn over at once.
_turn = threading.RLock()


@contextmanager
def one_transaction() -> Iterator[None]:
    """All or nothing; nested calls join the outer one."""
    if connection.vendor != "sqlite":
        with transaction.atomic():
            yield
        return
    with _turn, transaction.atomic():
        yield
