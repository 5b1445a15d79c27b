"""What every page's template knows: which rooms the person is at home in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from blueroom.room import rules
from blueroom.room.models import Membership
from blueroom.room.queries import memberships_of


def house(request: HttpRequest) -> dict[str, Any]:
    """`memberships`, `brand` (the one room's name, else the house's), and `may_run`: whether one
    of them is a producer's or an owner's. Lazy."""

    def memberships() -> list[Membership]:
        user = getattr(request, "user", None)
        return memberships_of(user) if user is not None and user.is_authenticated else []

    def brand() -> str:
        named = [member.room.name for member in mine]
        return (named[0] if len(named) == 1 else "") or gettext("Blue Room")

    mine: Any = SimpleLazyObject(memberships)
    return {
        "brand": SimpleLazyObject(brand),
        "memberships": mine,
        "may_run": SimpleLazyObject(
            lambda: any(rules.may(member.role, "see_people") for member in mine)
        ),
    }
