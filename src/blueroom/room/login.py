"""How logging in differs here from what django-allauth does by itself."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from blueroom.room.language import remember_language


class HouseAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Nobody signs up alone; whoever logs in finds the pages in their language."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # as allauth calls it
        return False

    def post_login(self, request: HttpRequest, user: Any, **said: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **said)
        remember_language(response, user.language)
        return response

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: Any = None,
        *args: Any,
        **said: Any,
    ) -> None:
        """Its messages, but for the two that only say what one has just done oneself."""
        if message_template not in (
            "account/messages/logged_in.txt",
            "account/messages/logged_out.txt",
        ):
            super().add_message(request, level, message_template, *args, **said)
