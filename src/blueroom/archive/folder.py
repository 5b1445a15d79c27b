"""A folder of files and what is known of them: written file by file, read back without trust.

Reading goes by the names of the manifest and by no others, opens no links, and believes no size or
hash before it has counted and hashed itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
from django.utils.translation import gettext_lazy as _

from blueroom.archive import lines
from blueroom.archive.errors import DiskFull, FileChanged, FileOutside

PIECE_BYTES = 1 << 20
LEFT_FREE_BYTES = 1_000_000_000  # for what else is written meanwhile
FICLONE = 0x40049409  # linux/fs.h: let a file share the blocks of another until one changes
Tell = Callable[[int], None]  # so many bytes were written or read


def check_room(place: Path, *, needed_bytes: int) -> None:
    """Raise DiskFull where that many bytes would not leave enough."""
    free_bytes = shutil.disk_usage(place).free
    if free_bytes < needed_bytes + LEFT_FREE_BYTES:
        raise DiskFull(needed_bytes=needed_bytes, free_bytes=free_bytes)


class NewFolder:
    """A folder that is being filled; `files` is what lies in it so far."""

    def __init__(self, root: Path, tell: Tell) -> None:
        self.root = root
        self.files: list[lines.File] = []
        self._tell = tell

    def write(self, path: str, content: bytes) -> None:
        """A file with this content."""
        with self.open(path) as file:
            file(content)

    @contextmanager
    def open(self, path: str) -> Iterator[Callable[[bytes], None]]:
        """A file that grows by what it is called with."""
        target = self._place(path)
        digest, size_bytes = hashlib.sha256(), 0
        with target.open("xb") as file:

            def write(content: bytes) -> None:
                nonlocal size_bytes
                file.write(content)
                digest.update(content)
                size_bytes += len(content)
                self._tell(len(content))

            yield write
        self._know(path, size_bytes, digest.hexdigest())

    @contextmanager
    def open_lines(self, path: str) -> Iterator[Callable[[msgspec.Struct], None]]:
        """A file of JSON Lines that grows by the rows it is called with."""
        encode, pending = msgspec.json.Encoder().encode_into, bytearray()
        with self.open(path) as write:

            def add(row: msgspec.Struct) -> None:
                encode(row, pending, -1)
                pending.extend(b"\n")
                if len(pending) > PIECE_BYTES:
                    write(bytes(pending))
                    pending.clear()

            yield add
            write(bytes(pending))

    def add(self, source: Path, path: str, *, most_bytes: int | None = None) -> bool:
        """A file of the house; False where it is gone. It shares the disk's blocks where it can.

        `most_bytes` copies the beginning, of a file that still grows.
        """
        target = self._place(path)
        try:
            if most_bytes is None:
                _share(source, target)
            else:
                _copy_beginning(source, target, most_bytes)
        except FileNotFoundError:
            return False
        self.know(path)
        return True

    def know(self, path: str) -> None:
        """Hash a file that was put there by other means."""
        with (self.root / path).open("rb") as file:
            size_bytes, digest = _hashed(file, self._tell)
        self._know(path, size_bytes, digest)

    def _place(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _know(self, path: str, size_bytes: int, digest: str) -> None:
        self.files.append(lines.File(path=path, size_bytes=size_bytes, sha256=digest))


def _share(source: Path, target: Path) -> None:
    """The file under a second name: its blocks shared, else itself by a hard link, else a copy."""
    with source.open("rb") as theirs, target.open("xb") as ours, suppress(OSError):
        fcntl.ioctl(ours.fileno(), FICLONE, theirs.fileno())
        return
    target.unlink()
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)


def _copy_beginning(source: Path, target: Path, most_bytes: int) -> None:
    with source.open("rb") as theirs, target.open("xb") as ours:
        while most_bytes > 0 and (piece := theirs.read(min(PIECE_BYTES, most_bytes))):
            ours.write(piece)
            most_bytes -= len(piece)


def _hashed(file: BinaryIO, tell: Tell, copy_to: BinaryIO | None = None) -> tuple[int, str]:
    digest, size_bytes = hashlib.sha256(), 0
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
        size_bytes += len(piece)
        if copy_to is not None:
            copy_to.write(piece)
        tell(len(piece))
    return size_bytes, digest.hexdigest()


# Reading


class KnownFolder:
    """A folder somebody brought, and the files its manifest names."""

    def __init__(self, root: Path, files: list[lines.File], tell: Tell) -> None:
        self.root = root
        self.files = {file.path: file for file in files}
        self._tell = tell
        for path in self.files:
            check_name(path)
        if len(self.files) < len(files):
            raise FileOutside(_("The manifest names a file twice."))

    def check(self, path: str) -> None:
        """Raise FileChanged where the file is not as the manifest says, FileOutside for a link."""
        with self.open(path) as file:
            self._compare(path, *_hashed(file, self._tell))

    def copy(self, path: str, target: Path) -> None:
        """A copy that is as the manifest says. Raises as `check`; there is no copy then."""
        try:
            with self.open(path) as file, target.open("xb") as copy:
                self._compare(path, *_hashed(file, self._tell, copy))
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def open(self, path: str) -> BinaryIO:
        """A file that the manifest names; one that is a link, or lies behind one, is not opened."""
        if path not in self.files:
            sentence = _("%(file)s is not named in the manifest.")
            raise FileChanged(sentence % {"file": path}, file=path)
        return open_inside(self.root, path)

    def _compare(self, path: str, size_bytes: int, digest: str) -> None:
        known = self.files[path]
        if (size_bytes, digest) != (known.size_bytes, known.sha256):
            sentence = _("%(file)s is not as it was written: its size or its hash is another.")
            raise FileChanged(sentence % {"file": path}, file=path)


def check_name(path: str) -> None:
    """Raise FileOutside for a name that could mean something outside of its folder."""
    parts = PurePosixPath(path).parts
    is_plain = path == "/".join(parts) and not path.startswith("/")
    if not parts or not is_plain or not path.isprintable() or any(map(_is_odd, parts)):
        sentence = _("“%(file)s” is no name of a file inside the folder.")
        raise FileOutside(sentence % {"file": path[:120]}, file=path[:120])


def _is_odd(part: str) -> bool:
    return part in (".", "..") or "\\" in part or ":" in part or len(part.encode()) > 255


def open_inside(root: Path, path: str) -> BinaryIO:
    """A plain file in the folder, opened without following a link anywhere on the way to it.

    Raises:
        FileOutside: it is a link, lies behind one, or is no plain file.
        FileChanged: it is not there.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in PurePosixPath(path).parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        name = PurePosixPath(path).name
        # Not blocking: a pipe would let us wait for ever.
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        raise FileChanged(_("%(file)s is missing.") % {"file": path}, file=path) from None
    except OSError as error:
        raise _outside(path) from error
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _outside(path)
    return os.fdopen(handle, "rb")


def _outside(path: str) -> FileOutside:
    sentence = _("%(file)s is a link, or no file. An archive holds plain files only.")
    return FileOutside(sentence % {"file": path}, file=path)
