"""What the command line does beside serving. Django is set up by `prepare`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from blueroom.base.clock import now
from blueroom.base.errors import NeedsPerson
from blueroom.config.options import data_folder, option

if TYPE_CHECKING:
    from blueroom.posts.models import Author
    from blueroom.room.models import Session

REHEARSAL_GUEST = "Inès Carat"
REHEARSAL_HASHTAG = "AskInes"
REHEARSAL_COLLECTS = timedelta(days=3)


@dataclass
class Opened:
    """What the person at the terminal should read."""

    lines: list[str] = field(default_factory=list)


def set_up() -> None:
    """Load Django and bring the database to the present form."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def prepare(*, with_rehearsal: bool) -> Opened:
    """Database, house and owner link; a rehearsal where nothing was ever planned."""
    set_up()
    from blueroom.room.actions import open_house
    from blueroom.room.cards import absolute
    from blueroom.room.models import Session

    opened = Opened()
    house = open_house(now=now())
    if house.owner_secret:
        from django.urls import reverse

        address = absolute(reverse("welcome", args=[house.owner_secret]))
        opened.lines.append(f"Become its owner, once: {address}")
    if with_rehearsal and not Session.objects.exists():
        _plan_rehearsal(house.room.pk)
    for session in Session.objects.exclude(state="closed")[:3]:
        opened.lines += [f"{session.title}: {absolute(f'/desk/{session.slug}/')}"]
    return opened


def _plan_rehearsal(room_id: int, **given: str) -> str:
    """A rehearsal session that takes questions from now on; its slug."""
    from blueroom.posts.models import Channel
    from blueroom.room.actions import open_session, plan_session
    from blueroom.room.actor import house
    from blueroom.room.models import Room

    moment = now()
    fields = {"guest_name": REHEARSAL_GUEST.partition(" ")[0], **given}
    # A real session collects for days before it goes on air: the audience of this one did too.
    began = moment - REHEARSAL_COLLECTS
    by = house(room_id)
    session = plan_session(
        room=Room.objects.get(pk=room_id),
        title="Répétition · Rehearsal",
        guest=REHEARSAL_GUEST,
        hashtags=[REHEARSAL_HASHTAG],
        starts_at=moment + timedelta(minutes=12),
        minutes=60,
        languages=["fr", "en"],
        is_rehearsal=True,
        now=began,
        by=by,
    )
    Channel.objects.create(session=session, network="rehearsal", fields=fields)
    open_session(session=session, now=began, by=by)
    return session.slug


def _room_id() -> int:
    """The first room. An owner link that a running room printed stays good."""
    from blueroom.room.actions import open_house
    from blueroom.room.models import Room

    known = Room.objects.order_by("pk").values_list("pk", flat=True).first()
    return known or open_house(now=now()).room.pk


# rehearse


def rehearse_options(parser: argparse.ArgumentParser) -> None:
    from blueroom.networks.rehearsal.options import FIELDS

    for option_field in FIELDS:
        parser.add_argument(
            "--" + option_field.name.removesuffix("_per_minute").replace("_", "-"),
            dest=option_field.name,
            help=f"{option_field.label}: {option_field.hint or option_field.default}",
        )


def rehearse(options: argparse.Namespace) -> int:
    """Add a rehearsal to the room; a running room hears it within a second."""
    set_up()
    from blueroom.networks.interface import Listening
    from blueroom.networks.rehearsal.options import FIELDS, read_options
    from blueroom.room.cards import absolute

    given = {one.name: getattr(options, one.name) for one in FIELDS}
    fields = {name: value for name, value in given.items() if value is not None}
    # Refuses what makes no sense, before anything is planned.
    read_options(Listening(session="any", tags=[], fields=fields))
    slug = _plan_rehearsal(_room_id(), **fields)
    print(absolute(f"/sessions/{slug}/"))
    return 0


# token


def token_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", default="producer", help="owner, producer, moderator (producer)")
    parser.add_argument("--label", default="", help="what it is for")


def token(options: argparse.Namespace) -> int:
    """Print a new key of the API, alone."""
    set_up()
    from blueroom.room.actions import make_token
    from blueroom.room.actor import house
    from blueroom.room.models import Room

    room = Room.objects.get(pk=_room_id())
    _token, secret = make_token(
        room=room,
        role=options.role,
        label=options.label or f"{options.role} (command line)",
        now=now(),
        by=house(room.pk),
    )
    print(secret)
    return 0


# doctor


@dataclass(frozen=True)
class Finding:
    """One thing looked at: well, or what to do."""

    is_well: bool
    sentence: str


def _look() -> Iterator[Finding]:
    yield Finding(True, f"Python {sys.version.split()[0]}")
    folder = data_folder()
    free_gb = shutil.disk_usage(folder).free / 1e9
    yield Finding(os.access(folder, os.W_OK), f"The folder {folder} can be written to.")
    yield Finding(free_gb > 5, f"{free_gb:.0f} GB are free there; recordings want more than 5.")
    from blueroom.design.templatetags.assets import BUILT

    built = (BUILT / "manifest.json").is_file()
    yield Finding(built, "The screens are built." if built else "The screens are not built: ./room")
    yield from _look_at_database()
    yield from _look_at_room()


def _look_at_database() -> Iterator[Finding]:
    from django.db import connection
    from django.db.utils import DatabaseError

    try:
        set_up()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        yield Finding(True, f"The database ({connection.vendor}) answers and is up to date.")
    except (DatabaseError, ImportError) as error:
        yield Finding(False, f"The database does not answer: {error}".strip())
    if redis_address := option("BLUEROOM_REDIS"):
        yield Finding(*_try_redis(redis_address))


def _try_redis(address: str) -> tuple[bool, str]:
    try:
        import redis
    except ImportError:
        return False, "Redis is set but its library is missing: install blueroom[redis]."
    try:
        redis.Redis.from_url(address, socket_timeout=2).ping()
    except redis.RedisError as error:
        return False, f"Redis does not answer: {error}"
    return True, "Redis answers."


def _look_at_room() -> Iterator[Finding]:
    from django.conf import settings
    from django.db.utils import DatabaseError

    from blueroom.networks.registry import networks
    from blueroom.room.models import Account, Membership, Role

    yield Finding(bool(networks()), "Networks installed: " + ", ".join(networks()))
    try:
        has_owner = Membership.objects.filter(role=Role.OWNER).exists()
        accounts = list(Account.objects.values_list("network", flat=True))
    except DatabaseError:
        return
    if not has_owner:
        yield Finding(False, "Nobody owns the room yet: open the link that ./room prints.")
    told = ", ".join(sorted(set(accounts))) or "none: replies go out on our own page only"
    yield Finding(True, f"Accounts on networks: {told}.")
    if not settings.PUBLIC_URL:
        yield Finding(
            True, "No public address is set (BLUEROOM_URL): QR codes work on this machine only."
        )
    elif settings.PUBLIC_URL.startswith("http://") and "127.0.0.1" not in settings.PUBLIC_URL:
        yield Finding(
            False, "The public address is not https: phones' cameras and passkeys need it."
        )
    if folder := option("BLUEROOM_SEMANTIC_MODEL"):
        yield Finding(*_try_model(Path(folder).expanduser()))
    yield Finding(*_try_outside())


def _try_model(folder: Path) -> tuple[bool, str]:
    from blueroom.grouping.semantic import SentenceModel

    try:
        SentenceModel(folder)
    except NeedsPerson as error:
        return False, f"{error.message} ({error.code})"
    return True, f"The sentence model in {folder} can be used."


def _try_outside() -> tuple[bool, str]:
    try:
        socket.getaddrinfo("bsky.social", 443, proto=socket.IPPROTO_TCP)
    except OSError:
        return False, "Names of the internet cannot be looked up: networks will not be heard."
    return True, "Names of the internet can be looked up."


def doctor(options: argparse.Namespace) -> int:
    """Say what is there and what is missing; 1 where something needs doing."""
    findings = list(_look())
    for finding in findings:
        print(("  ok  " if finding.is_well else "  !!  ") + finding.sentence)
    return 0 if all(finding.is_well for finding in findings) else 1


# backup and restore


def backup_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", help="where to (default: blueroom-DATE.tar in this folder)"
    )


def backup(options: argparse.Namespace) -> int:
    """Everything into one file, also while the room runs."""
    set_up()
    from blueroom.config.backup import write_backup

    path = Path(options.file or f"blueroom-{now().astimezone():%Y%m%d-%H%M%S}.tar")
    size_bytes = write_backup(path, data=data_folder())
    print(f"{path} ({size_bytes / 1e6:.1f} MB)")
    return 0


def restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a file that `backup` wrote")


def restore(options: argparse.Namespace) -> int:
    """A backup into an empty folder."""
    from blueroom.config.backup import read_backup

    made_at = read_backup(Path(options.file), data=data_folder())
    print(f"{data_folder()} is as it was on {made_at}.")
    return 0


# export, import, erase


@contextlib.contextmanager
def _bar(words: str) -> Iterator[Callable[[float], None]]:
    """A bar that moves while something goes from 0 to 1."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(words, total=1.0)
        yield lambda part: progress.update(task, completed=part)


def export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="its name in addresses: ines-carat")
    parser.add_argument("folder", help="where to; a new folder")


def export(options: argparse.Namespace) -> int:
    """A session as a folder that anyone can read, also while the room runs."""
    set_up()
    from blueroom.archive.exporting import export_session
    from blueroom.room.access import session_of

    folder = Path(options.folder).expanduser().resolve()
    session = session_of(options.session)
    with _bar(session.title) as move:
        manifest = export_session(session, folder, move, now=now())
    size_bytes = sum(file.size_bytes for file in manifest.files)
    print(f"{folder} ({len(manifest.files)} files, {size_bytes / 1e6:.1f} MB)")
    return 0


def import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="a folder that `export` wrote")
    parser.add_argument("--room", default="", help="the room it goes to (default: the first)")


def import_(options: argparse.Namespace) -> int:
    """An archive as a closed session of a room."""
    set_up()
    from blueroom.archive.importing import import_archive
    from blueroom.room.access import NotFound
    from blueroom.room.actor import house
    from blueroom.room.cards import absolute
    from blueroom.room.models import Room

    wanted = {"slug": options.room} if options.room else {"pk": _room_id()}
    room = Room.objects.filter(**wanted).first()
    if room is None:
        raise NotFound(f"There is no room {options.room!r}.")
    with _bar("import") as move:
        session = import_archive(
            Path(options.folder), room=room, now=now(), by=house(room.pk), on_progress=move
        )
    print(absolute(f"/sessions/{session.slug}/"))
    return 0


def erase_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["recordings", "asker"])
    parser.add_argument("session", help="its name in addresses: ines-carat")
    parser.add_argument(
        "asker", nargs="?", help="with `asker`: a name, a handle, or the address of a post"
    )
    parser.add_argument("--with-clips", action="store_true", help="the clips of the answers too")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def erase(options: argparse.Namespace) -> int:
    """Forget a session's recordings, or everything of somebody who objects."""
    set_up()
    from blueroom.archive import actions
    from blueroom.room.access import session_of
    from blueroom.room.actor import house

    session = session_of(options.session)
    by = house(session.room_id)
    if options.what == "recordings":
        if not (options.yes or _is_sure(f"Erase all recordings of {session.title}?")):
            return 1
        erased = actions.erase_recordings(
            session=session, now=now(), by=by, with_clips=options.with_clips
        )
    else:
        author = _one_asker(session, options.asker or "")
        if not (options.yes or _is_sure(f"Erase {author} of {author.network} everywhere?")):
            return 1
        erased = actions.erase_asker(author=author, now=now(), by=by)
    print(
        f"Erased: {erased.recordings} recordings ({erased.size_bytes / 1e6:.1f} MB), "
        f"{erased.posts} posts, {erased.clips} clips, {erased.exports} archives."
    )
    for url in erased.replies:
        print(f"Still published, take it back at the desk: {url}")
    return 0


def _one_asker(session: Session, words: str) -> Author:
    """The one whom these words mean. Raises NotFound where it is nobody, or several."""
    from blueroom.archive.queries import askers_like
    from blueroom.room.access import NotFound

    found = askers_like(session, words)
    if len(found) != 1:
        names = ", ".join(f"{one.name} ({one.handle or one.remote_id})" for one in found)
        raise NotFound(f"These words mean {len(found)} people. {names}".strip())
    return found[0]


def _is_sure(question: str) -> bool:
    return input(f"{question} This cannot be undone. [yes/no] ").strip().lower() == "yes"
