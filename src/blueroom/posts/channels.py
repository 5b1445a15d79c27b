"""Which networks a session is listened for on."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.networks.interface import Network
from blueroom.networks.registry import networks
from blueroom.posts.models import Channel
from blueroom.room.models import Account, Session, SessionState
from blueroom.room.writing import one_transaction

REHEARSAL = "rehearsal"


def _wanted(session: Session) -> Iterator[tuple[Network, Account | None]]:
    if session.is_rehearsal:
        if REHEARSAL in networks():
            yield networks()[REHEARSAL], None
        return
    for slug, network in networks().items():
        account = Account.objects.filter(room_id=session.room_id, network=slug).last()
        if slug != REHEARSAL and (network.listens_without_account or account is not None):
            yield network, account


def open_channels() -> int:
    """Give each session that takes questions a channel on every network it can be listened to on.

    How many were new or got an account that the room has since made. May be repeated; a channel
    that somebody switched off stays off.
    """
    made = 0
    taking = Session.objects.filter(state__in=(SessionState.OPEN, SessionState.ON_AIR))
    for session in taking.prefetch_related("channels"):
        known = {channel.network: channel for channel in session.channels.all()}
        made += _give_accounts(session, known)
        missing = [
            Channel(session=session, network=network.slug, account=account)
            for network, account in _wanted(session)
            if network.slug not in known
        ]
        if missing:
            with one_transaction():
                made += len(Channel.objects.bulk_create(missing, ignore_conflicts=True))
    return made


def _give_accounts(session: Session, known: dict[str, Channel]) -> int:
    without = {network for network, channel in known.items() if channel.account_id is None}
    found = Account.objects.filter(room_id=session.room_id, network__in=without).order_by("id")
    accounts = {account.network: account for account in found} if without else {}
    for network, account in accounts.items():
        with one_transaction():
            Channel.objects.filter(pk=known[network].pk).update(account=account)
    return len(accounts)
