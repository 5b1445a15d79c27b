"""What cannot be done with an archive, and why."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson, NotAcceptable


class ArchiveExists(NotAcceptable):
    """Nothing is written over; `details["folder"]` names what is there."""

    code: ClassVar[str] = "archive_exists"
    sentence = _("There is something in this folder already. Give another name.")  # type: ignore[assignment]


class DiskFull(NeedsPerson):
    """Less is free than it takes; `details` has both numbers."""

    code: ClassVar[str] = "disk_full"
    sentence = _("There is not enough room on the disk. Free some space, then try again.")  # type: ignore[assignment]


class ExportGone(NotAcceptable):
    """Somebody deleted it while it was made."""

    code: ClassVar[str] = "export_gone"
    sentence = _("This archive was deleted.")  # type: ignore[assignment]


class ExportNotReady(NotAcceptable):
    code: ClassVar[str] = "export_not_ready"
    sentence = _("This archive is not ready yet.")  # type: ignore[assignment]


class StillRecording(NotAcceptable):
    """A recording that grows cannot be erased."""

    code: ClassVar[str] = "still_recording"
    sentence = _("Somebody is still sending. End the feeds first.")  # type: ignore[assignment]


class ArchiveRefused(NotAcceptable):
    """A folder that is not taken in; nothing of it was."""

    code: ClassVar[str] = "archive_refused"


class NoArchive(ArchiveRefused):
    code: ClassVar[str] = "no_archive"
    sentence = _("This is no archive of a session: its manifest.json cannot be read.")  # type: ignore[assignment]


class ArchiveNewer(ArchiveRefused):
    code: ClassVar[str] = "archive_newer"
    sentence = _("This archive was made by a newer Blue Room. Update this one first.")  # type: ignore[assignment]


class FileOutside(ArchiveRefused):
    """A name that leads out of the folder, or a link."""

    code: ClassVar[str] = "file_outside"


class FileChanged(ArchiveRefused):
    """A file is not there, or is not what the manifest says."""

    code: ClassVar[str] = "file_changed"


class LineRefused(ArchiveRefused):
    """A line that cannot be taken; `details` has the file, and the line counted from 1."""

    code: ClassVar[str] = "line_refused"


def line_refused(path: str, number: int, reason: object) -> LineRefused:
    """The error that says which line it was, and why."""
    sentence = _("%(file)s, line %(line)d: %(reason)s")
    values = {"file": path, "line": number, "reason": reason}
    return LineRefused(sentence % values, file=path, line=number)
