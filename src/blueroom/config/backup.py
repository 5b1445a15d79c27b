"""One file that holds the room: database, key and files; taken while it runs, laid out again.

A tar, not compressed: recordings do not shrink, and a tar is readable everywhere. First comes
`manifest.json`, then `secret-key`, then `database.sqlite3` or `database.pgdump`, then `files/`.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from blueroom import __version__
from blueroom.base.clock import now, to_text
from blueroom.base.errors import NeedsPerson
from blueroom.config.options import option

FORM = 1
# Archives can be made again, and hold once more what the rest holds.
NOT_KEPT = ("room.sqlite3", "secret-key", ".lock", ".sock", "static", "exports", ".part")
PAGES_A_STEP = 2000


class BackupRefused(NeedsPerson):
    """The file or the folder given will not do."""

    code = "backup_refused"
    sentence = "This is not a backup of a Blue Room."


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def write_backup(path: Path, *, data: Path) -> int:
    """Write everything into `path`; its size in bytes. The file appears when it is complete.

    Raises:
        BackupRefused: the file exists, or PostgreSQL's own tool is missing.
    """
    if path.exists():
        raise BackupRefused(f"{path} exists. Give another name.")
    partial = path.with_name(path.name + ".part")
    vendor = "postgresql" if option("BLUEROOM_DATABASE") else "sqlite"
    manifest = {
        "form": FORM,
        "version": __version__,
        "database": vendor,
        "made_at": to_text(now()),
    }
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, _progress() as progress:
        database = Path(scratch) / (
            "database.pgdump" if vendor == "postgresql" else "database.sqlite3"
        )
        (_dump_postgresql if vendor == "postgresql" else _copy_sqlite)(database, progress)
        with (
            os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            _add_text(tar, "manifest.json", json.dumps(manifest, indent=1))
            tar.add(data / "secret-key", "secret-key")
            tar.add(database, database.name)
            kept = [one for one in sorted(data.iterdir()) if not _is_left_out(one)]
            task = progress.add_task("files", total=len(kept))
            for one in kept:
                tar.add(one, f"files/{one.name}")
                progress.advance(task)
    partial.rename(path)
    return path.stat().st_size


def _is_left_out(path: Path) -> bool:
    return path.name.startswith("room.sqlite3") or path.name.endswith(NOT_KEPT)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(text.encode()), 0o600, int(now().timestamp())
    tar.addfile(entry, io.BytesIO(text.encode()))


def _copy_sqlite(target: Path, progress: Progress) -> None:
    task = progress.add_task("database", total=None)

    def tell(status: int, remaining: int, total: int) -> None:
        progress.update(task, total=total, completed=total - remaining)

    source = sqlite3.connect(settings.DATABASES["default"]["NAME"])
    copy = sqlite3.connect(target)
    try:
        # A read transaction pins one moment: without it each commit of the room starts the copy
        # again, and a busy room would never be backed up.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
        source.backup(copy, pages=PAGES_A_STEP, progress=tell)
    finally:
        copy.close()
        source.close()


def _dump_postgresql(target: Path, progress: Progress) -> None:
    progress.add_task("database", total=None)
    _postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={target}")


def _postgresql(tool: str, *words: str) -> None:
    if not shutil.which(tool):
        raise BackupRefused(f"{tool} is missing: install PostgreSQL's client tools.")
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"] or 5432),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGDATABASE": str(database["NAME"]),
    }
    done = subprocess.run(
        [tool, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupRefused(f"{tool} failed: {done.stderr.strip()[:300]}")


def read_backup(path: Path, *, data: Path) -> str:
    """Lay a backup out in an empty folder; when it was made, RFC 3339.

    Raises:
        BackupRefused: the folder holds a room, or the file is no backup of ours or not for the
            database that is set.
    """
    if any(not one.name.endswith((".lock", ".sock")) for one in data.iterdir()):
        raise BackupRefused(f"{data} is not empty. Move it away, or give another --data.")
    try:
        with tarfile.open(path) as tar:
            manifest = _manifest(tar)
            wanted = "postgresql" if option("BLUEROOM_DATABASE") else "sqlite"
            if manifest["database"] != wanted:
                raise BackupRefused(
                    f"This backup is of {manifest['database']}: set BLUEROOM_DATABASE accordingly."
                )
            with tempfile.TemporaryDirectory(dir=data.parent) as scratch:
                tar.extractall(scratch, filter="data")
                _lay_out(Path(scratch), data, wanted)
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        raise BackupRefused(f"{path} cannot be read as a backup: {error}") from error
    return str(manifest["made_at"])


def _manifest(tar: tarfile.TarFile) -> dict[str, object]:
    entry = tar.extractfile("manifest.json")
    manifest: dict[str, object] = json.loads(entry.read()) if entry else {}
    if manifest.get("form") != FORM:
        raise BackupRefused
    return manifest


def _lay_out(scratch: Path, data: Path, vendor: str) -> None:
    if vendor == "postgresql":
        dump = str(scratch / "database.pgdump")
        name = f"--dbname={settings.DATABASES['default']['NAME']}"
        _postgresql("pg_restore", "--no-owner", "--exit-on-error", name, dump)
    else:
        shutil.move(scratch / "database.sqlite3", data / "room.sqlite3")
    shutil.move(scratch / "secret-key", data / "secret-key")
    (data / "secret-key").chmod(0o600)
    for one in (scratch / "files").iterdir() if (scratch / "files").is_dir() else []:
        shutil.move(one, data / one.name)
