"""Counts the public's votes, and forgets whose they were."""

from __future__ import annotations

from blueroom.audience.actions import count_votes
from blueroom.audience.models import VoteCount


def count_due_votes(limit: int = 200) -> int:
    """Weigh what was voted on since the last round; always 0: whoever follows is told no oftener
    than this worker rests.
    """
    due = VoteCount.objects.filter(is_due=True).order_by("pk")
    for question_id in list(due.values_list("pk", flat=True)[:limit]):
        count_votes(question_id=question_id)
    return 0
