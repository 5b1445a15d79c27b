"""What a reply would look like, and where it goes out from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blueroom.desk.models import Question, QuestionState, SendState
from blueroom.networks.interface import Author, Network, Publisher, Target
from blueroom.networks.registry import networks
from blueroom.posts.models import Post
from blueroom.publish.composing import Composed, Wish, compose
from blueroom.publish.errors import CannotReply, NoAccount, NotAnswered
from blueroom.publish.models import Reply
from blueroom.publish.offers import Offers, offers_for
from blueroom.room.models import Account
from blueroom.room.seal import Sealed, unseal

ON_ITS_WAY = (SendState.DUE, SendState.SENDING, SendState.SENT)


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


def answered_by(question: Question) -> Question:
    """The question whose answer is this one's too: the head of its group, or itself."""
    return question.head or question


def others_asking(question: Question) -> list[Question]:
    """Who else asks it, each person once: the members of its group whose authors are still there,
    without those who asked the head itself; oldest first."""
    members = Question.objects.filter(head=question, withdrawn_at__isnull=True)
    members = members.select_related("session", "post__author", "head").order_by("id")
    by_author: dict[int, Question] = {}
    for member in members:
        by_author.setdefault(member.post.author_id, member)
    by_author.pop(question.post.author_id, None)
    return list(by_author.values())


def target_of(post: Post) -> Target:
    """The asker's post as a connector wants it."""
    return Target(
        id=post.remote_id,
        version=post.version,
        root_id=post.thread_root,
        url=post.url,
        author=Author(id=post.author.remote_id, name=post.author.name, handle=post.author.handle),
    )


def preview_reply(question: Question, *, wish: Wish | None = None) -> tuple[Desk, Composed, Offers]:
    """How the network would show the reply that comes of a wish; what it leaves open is as in the
    reply that was asked for, else as the house proposes.

    Raises:
        NotAnswered: there are no words yet, no clip and no photo.
        CannotReply, NoAccount: as `desk_for`.
    """
    wish = wish or Wish()
    kept = Reply.objects.filter(question=question).first()
    answered = answered_by(question)
    offers = offers_for(answered)
    words = wish.words.strip() or (kept.text if kept else "") or answered.answer_text
    has_more = offers.shown is not None
    if not (words or has_more) or answered.state != QuestionState.ANSWERED:
        raise NotAnswered
    desk = desk_for(question)
    wish = replace(wish, words=words)
    if kept is not None and not wish.media and (has_more or kept.state in ON_ITS_WAY):
        wish = replace(
            wish,
            media="" if kept.state == SendState.TAKEN_BACK else kept.media,
            alt=wish.alt or kept.alt,
            or_link=wish.or_link or kept.or_link,
        )
    composed = compose(desk.publisher(), to=target_of(question.post), wish=wish, offers=offers)
    return desk, composed, offers
