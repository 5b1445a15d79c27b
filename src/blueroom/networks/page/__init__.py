"""Our own phone page as a network: questions come by its form, answers stand on its pages."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from blueroom.networks.interface import Field, Listening

if TYPE_CHECKING:
    from blueroom.networks.page.publisher import PagePublisher


class Page:
    """The network "page". Nothing is polled: the form hands its posts over itself."""

    slug = "page"
    name = "Phone page"
    account_fields: Sequence[Field] = ()
    listens_without_account = False

    def source(self, listening: Listening) -> None:
        """Nothing to read: posts come by the form."""

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> PagePublisher:
        """What puts a reply on the asker's own page."""
        from blueroom.networks.page.publisher import PagePublisher

        return PagePublisher()


NETWORK = Page()
