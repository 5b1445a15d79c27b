"""What can be wrong with a shared report's address."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable


class ReportNotShared(NotAcceptable):
    """Its address is unknown, or was withdrawn."""

    code: ClassVar[str] = "report_not_shared"
    sentence = _("This address shows no report. Ask for a new one.")  # type: ignore[assignment]
