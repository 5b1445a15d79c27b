"""Rounds of work on clips, found by its state: each says how much it found."""

from __future__ import annotations

from blueroom.base.clock import now
from blueroom.clips import actions
from blueroom.clips.leases import free_all
from blueroom.clips.models import Clip, Hearing, Render
from blueroom.clips.queries import answers_to_open, due_clips, due_hearings, due_renders


def cut_due_clips() -> int:
    """Open clips of answers that were released, and cut the one that has waited longest.

    For a worker that rests a tenth of a second and looks whether `is_answer_waiting` meanwhile: a
    clip is begun within a tenth of its release.
    """
    opened = actions.open_clips(now=now())
    clip_id = due_clips(now()).values_list("pk", flat=True).first()
    if clip_id is None:
        return opened
    actions.cut_clip(clip_id=clip_id, now=now())
    return 1


def let_out_clips() -> int:
    """Make clips public whose answer the public turns out to have seen; beside the cutting, for a
    stranger has the page no sooner."""
    return actions.let_out_shown(now=now())


def is_answer_waiting() -> bool:
    """Whether an answer has both its marks and is not released yet: it will be, by the clock."""
    return answers_to_open().exists()


def render_due() -> int:
    """Make the file for sharing that has waited longest: one, it takes both cores."""
    render_id = due_renders(now()).values_list("pk", flat=True).first()
    if render_id is None:
        return 0
    actions.render_clip(render_id=render_id, now=now())
    return 1


def hear_due() -> int:
    """Recognise the words of the clip that has waited longest."""
    hearing_id = due_hearings(now()).values_list("pk", flat=True).first()
    if hearing_id is None:
        return 0
    actions.hear_clip(hearing_id=hearing_id, now=now())
    return 1


def take_up_clips() -> int:
    """Begin again what a process left that is gone: when a house opens that works alone."""
    moment = now()
    return sum(free_all(kind, moment) for kind in (Clip, Render, Hearing))


def tidy_clips() -> int:
    """Follow what became of answers and questions: removed, withdrawn, sent back."""
    moment = now()
    return (
        actions.remove_gone(now=moment)
        + actions.follow_questions(now=moment)
        + actions.compare_renders(now=moment)
    )


def sweep_clips() -> int:
    """Delete files that nothing points to; once an hour is plenty."""
    return actions.sweep_files(now=now())
