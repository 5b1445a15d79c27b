"""The rehearsal: an audience that we wrote, to practise with, demonstrate and test against."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from blueroom.networks.interface import Field, Listening

if TYPE_CHECKING:
    from blueroom.networks.rehearsal.publisher import RehearsalPublisher
    from blueroom.networks.rehearsal.source import RehearsalSource

# Imports here happen at every start of the house; the texts are read when they are needed.


class Rehearsal:
    """The network "rehearsal": nobody is outside."""

    slug = "rehearsal"
    name = "Rehearsal"
    account_fields: Sequence[Field] = ()
    listens_without_account = True

    def source(self, listening: Listening) -> RehearsalSource:
        """The audience, steered by `listening.fields` (see `options.FIELDS`)."""
        from blueroom.networks.rehearsal.source import RehearsalSource

        return RehearsalSource(listening)

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> RehearsalPublisher:
        """What takes replies and sends them nowhere."""
        from blueroom.networks.rehearsal.publisher import RehearsalPublisher

        return RehearsalPublisher()


NETWORK = Rehearsal()
