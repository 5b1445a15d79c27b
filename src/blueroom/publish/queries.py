"""What a reply would look like, and which replies are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from blueroom.desk.models import Question, QuestionState
from blueroom.networks.interface import Author, Network, Preview, Previews, Publisher, Target
from blueroom.networks.plain_text import preview_text
from blueroom.networks.registry import networks
from blueroom.posts.models import Post
from blueroom.publish.errors import CannotReply, NoAccount, NotAnswered
from blueroom.publish.models import Reply, ReplyState
from blueroom.room.models import Account
from blueroom.room.seal import Sealed, unseal


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A place to reply from: the network, the room's account there, and what that account keeps."""

    network: Network
    account: Account | None
    kept: Sealed

    def publisher(self) -> Publisher:
        """What writes there. Raises CannotReply."""
        publisher = self.network.publisher(self.kept.fields, self.kept.state)
        if publisher is None:
            raise CannotReply
        return publisher


def desk_for(question: Question) -> Desk:
    """Where a reply to this question goes out from.

    Raises:
        CannotReply: the network is not installed or takes no replies.
        NoAccount: the room has no account there.
    """
    network = networks().get(question.post.network)
    if network is None:
        raise CannotReply
    if not network.account_fields:
        return Desk(network=network, account=None, kept=Sealed(fields={}))
    account = (
        Account.objects.filter(room_id=question.session.room_id, network=network.slug)
        .order_by("-id")
        .first()
    )
    if account is None:
        raise NoAccount
    return Desk(network=network, account=account, kept=unseal(account.sealed))


def target_of(post: Post) -> Target:
    """The asker's post as a connector wants it."""
    return Target(
        id=post.remote_id,
        version=post.version,
        root_id=post.thread_root,
        url=post.url,
        author=Author(id=post.author.remote_id, name=post.author.name, handle=post.author.handle),
    )


def preview_reply(question: Question, *, text: str = "") -> tuple[Desk, Preview]:
    """How the network would show the reply; `text` stands in for what would be sent without it.

    Raises:
        NotAnswered: there are no words yet.
        CannotReply, NoAccount: as `desk_for`.
    """
    kept = Reply.objects.filter(question=question).values_list("text", flat=True).first()
    words = text.strip() or kept or question.answer_text
    if not words or question.state != QuestionState.ANSWERED:
        raise NotAnswered
    desk = desk_for(question)
    publisher = desk.publisher()
    if isinstance(publisher, Previews):
        return desk, publisher.preview(to=target_of(question.post), text=words)
    return desk, preview_text(words, limits=publisher.limits, marks=("link",))


def replies_due(*, now: datetime) -> QuerySet[Reply]:
    """Replies that somebody should send: due, or left behind by a process that ended."""
    return Reply.objects.filter(
        Q(state=ReplyState.DUE, due_at__lte=now) | Q(state=ReplyState.SENDING, leased_until__lt=now)
    ).order_by("due_at", "id")
