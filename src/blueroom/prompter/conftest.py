"""A producer, for what the crew writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blueroom.room.actor import Actor, actor_of_membership
from blueroom.room.models import Membership, Role


@pytest.fixture
def producer(make_member: Callable[..., Membership]) -> Actor:
    return actor_of_membership(make_member(Role.PRODUCER, "Nora"))
