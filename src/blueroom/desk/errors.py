"""What the desk refuses, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable


class StaleRevision(NotAcceptable):
    """Somebody decided on this question in the meantime; `details` holds its present revision."""

    code: ClassVar[str] = "stale_revision"
    sentence = _("Somebody else decided on this question in the meantime.")  # type: ignore[assignment]


class NotAllowedFrom(NotAcceptable):
    """The question is not in a state from which this can be done."""

    code: ClassVar[str] = "not_allowed_from"
    sentence = _("This cannot be done with a question in that state.")  # type: ignore[assignment]


class NotApproved(NotAllowedFrom):
    """Nothing goes to the public before it was approved."""

    code: ClassVar[str] = "not_approved"
    sentence = _("Approve the question first.")  # type: ignore[assignment]


class Withdrawn(NotAcceptable):
    """The asker took the post away."""

    code: ClassVar[str] = "withdrawn"
    sentence = _("Its author took this post away.")  # type: ignore[assignment]


class NothingToUndo(NotAcceptable):
    code: ClassVar[str] = "nothing_to_undo"
    sentence = _("There is no decision to undo.")  # type: ignore[assignment]


class AlreadyReplied(NotAcceptable):
    """The reply is out; it has to be taken back before the answer can be."""

    code: ClassVar[str] = "already_replied"
    sentence = _("The reply is already published. Take it back first.")  # type: ignore[assignment]


class AnswerEmpty(NotAcceptable):
    code: ClassVar[str] = "answer_empty"
    sentence = _("Write the answer in a few words.")  # type: ignore[assignment]


class AnswerTooLong(NotAcceptable):
    code: ClassVar[str] = "answer_too_long"
    sentence = _("The answer is too long. Keep it under 10,000 characters.")  # type: ignore[assignment]


class AlreadyQuestion(NotAcceptable):
    code: ClassVar[str] = "already_question"
    sentence = _("This post is already a question.")  # type: ignore[assignment]


class SessionClosed(NotAcceptable):
    code: ClassVar[str] = "session_closed"
    sentence = _("This session is over.")  # type: ignore[assignment]


class NotInGroup(NotAcceptable):
    code: ClassVar[str] = "not_in_group"
    sentence = _("This question is not in that group.")  # type: ignore[assignment]


class NotMergeable(NotAcceptable):
    """It is on air, was answered, or is of another session."""

    code: ClassVar[str] = "not_mergeable"
    sentence = _("This question cannot be put into that group.")  # type: ignore[assignment]


class NoProposal(NotAcceptable):
    code: ClassVar[str] = "no_proposal"
    sentence = _("Nothing is proposed for this question any more.")  # type: ignore[assignment]


class WordsUnusable(NotAcceptable):
    code: ClassVar[str] = "words_unusable"
    sentence = _("The words for air must be 1 to 1,000 characters.")  # type: ignore[assignment]


class LanguageUnusable(NotAcceptable):
    code: ClassVar[str] = "language_unusable"
    sentence = _("Say which language this is: another one than the question's.")  # type: ignore[assignment]


class NoteUnusable(NotAcceptable):
    code: ClassVar[str] = "note_unusable"
    sentence = _("A note must be 1 to 1,000 characters.")  # type: ignore[assignment]


class SecondPersonNeeded(NotAcceptable):
    """Two people have to approve, and this one did already."""

    code: ClassVar[str] = "second_person_needed"
    sentence = _("You approved it already. Somebody else has to approve it too.")  # type: ignore[assignment]


class PersonNeeded(NotAcceptable):
    """Two people have to approve; nobody knows who is behind a key of the API."""

    code: ClassVar[str] = "person_needed"
    sentence = _("Two people approve the questions of this session, each logged in.")  # type: ignore[assignment]


class AuthorUnknown(NotAcceptable):
    """The network does not say who wrote the post."""

    code: ClassVar[str] = "author_unknown"
    sentence = _("Nobody knows who wrote this post.")  # type: ignore[assignment]


class PlaceUnknown(NotAcceptable):
    """No place of the gazetteer has that code."""

    code: ClassVar[str] = "place_unknown"
    sentence = _("We know no such place. Choose one of those that are proposed.")  # type: ignore[assignment]


class FilterUnusable(NotAcceptable):
    code: ClassVar[str] = "filter_unusable"
    sentence = _("The name of a filter must be 1 to 40 characters.")  # type: ignore[assignment]


class PersonsFilter(NotAcceptable):
    """Filters are kept by people; a key of the API is nobody."""

    code: ClassVar[str] = "persons_filter"
    sentence = _("Log in to keep a filter: a key of the API has none.")  # type: ignore[assignment]


class TooManyFilters(NotAcceptable):
    code: ClassVar[str] = "too_many_filters"
    sentence = _("You have 50 filters. Remove one first.")  # type: ignore[assignment]
