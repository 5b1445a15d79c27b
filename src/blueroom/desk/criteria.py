"""What a list of questions is narrowed down to: by the desk, by a search, by a filter kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast

from blueroom.desk import themes
from blueroom.desk.models import Question, QuestionState
from blueroom.desk.search import said_by
from blueroom.room.models import Session

# As desk/web/rules.ts has it: who of those present reads a question.
SHARE_FACTOR, SHARE_MODULUS = 2_654_435_761, 4_294_967_296


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Each is left out where it is empty or 0; a question has to meet all of the others.

    `text` is looked for in words and names, see `search`. `network` is that of any asker of a
    group. `language` is that of the words shown. `reason` is the code of one. `askers` and `votes`
    are the least wanted. `within_minutes` and `older_minutes` are the age of the post, at most and
    at least. `theme` is the key of what it is about, see `themes`. `share` is one's own part of the
    list, (from 0, of how many).
    """

    state: str = ""
    text: str = ""
    network: str = ""
    language: str = ""
    reason: str = ""
    askers: int = 0
    votes: int = 0
    within_minutes: int = 0
    older_minutes: int = 0
    theme: str = ""
    share: tuple[int, int] | None = None


def questions_sought(session: Session, criteria: Criteria, *, now: datetime) -> QuerySet[Question]:
    """Those that meet the criteria, in no order. Members of a group come only where their state is
    asked for; what its author took away never."""
    found = Question.objects.filter(session=session, withdrawn_at__isnull=True)
    of = criteria
    found = found.filter(state=of.state) if of.state else found.exclude(state=QuestionState.MERGED)
    if of.within_minutes:
        found = found.filter(published_at__gte=now - timedelta(minutes=of.within_minutes))
    if of.older_minutes:
        found = found.filter(published_at__lte=now - timedelta(minutes=of.older_minutes))
    if of.askers > 1:
        found = found.filter(askers__gte=of.askers)
    if of.votes:
        found = found.filter(votes__gte=of.votes)
    if of.language:
        own = Q(wording=None, language=of.language)
        found = found.filter(own | Q(wording__language=of.language))
    if of.network:
        found = found.annotate(all_networks=Cast("networks", TextField()))
        others = Q(all_networks__contains=json.dumps(of.network))  # of a group
        found = found.filter(others | Q(post__network=of.network))
    if of.reason:
        found = found.annotate(told=Cast("reasons", TextField()))
        found = found.filter(told__contains=json.dumps(of.reason))
    if of.theme:
        found = found.filter(pk__in=themes.sessions.ids_of(session, of.theme, now))
    if of.share:
        part, parts = of.share
        found = found.annotate(reader=F("id") * SHARE_FACTOR % SHARE_MODULUS % parts)
        found = found.filter(reader=part)
    if of.text:
        found = found.filter(said_by(session.pk, of.text, post="post_id"))
    return found
