"""The command line. Django is loaded after the address is taken, so that mistakes show at once."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from blueroom import __version__
from blueroom.base.errors import BlueRoomError
from blueroom.config.options import data_folder

DESCRIPTION = """\
Opens the room: pages, screens, listener and workers in one process.
With a word, a part of it or a tool:

  serve       pages and screens only          rehearse   add a rehearsal session
  listen      the listener only               token      make a key of the API
  work        the background work only        doctor     say what is missing
  backup      everything into one file        restore    a backup into an empty folder
  export      a session as a folder           import     such a folder as a session
  erase       recordings, or an asker
"""


def say(*words: object) -> None:
    """One line for the person at the terminal."""
    print(*words, flush=True)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="folder of the room (default: room-data)")
    serving = argparse.ArgumentParser(add_help=False)
    serving.add_argument("--host", default="127.0.0.1", help="address to answer on")
    serving.add_argument("--port", type=int, default=8000, help="port to answer on (8000)")
    parser = argparse.ArgumentParser(
        prog="room",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common, serving],
    )
    parser.add_argument("--version", action="version", version=f"Blue Room {__version__}")
    parser.add_argument(
        "--no-rehearsal", action="store_true", help="open no rehearsal in an empty room"
    )
    parser.set_defaults(run=open_room)
    return parser


def _tools() -> dict[
    str, tuple[Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None]]
]:
    from blueroom.config import tools

    return {
        "serve": (serve_apart, _no_more),
        "listen": (run_part, _no_more),
        "work": (run_part, _no_more),
        "rehearse": (tools.rehearse, tools.rehearse_options),
        "token": (tools.token, tools.token_options),
        "doctor": (tools.doctor, _no_more),
        "backup": (tools.backup, tools.backup_options),
        "restore": (tools.restore, tools.restore_options),
        "export": (tools.export, tools.export_options),
        "import": (tools.import_, tools.import_options),
        "erase": (tools.erase, tools.erase_options),
    }


def _no_more(parser: argparse.ArgumentParser) -> None:
    """For words that take the common options only."""


def main(words: list[str] | None = None) -> int:
    """Run what the words say; 0 where it went well."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["django"]:
        return _django(words)
    options = _read(words)
    if options.data:
        os.environ["BLUEROOM_DATA"] = options.data
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blueroom.config.settings")
    try:
        return int(options.run(options) or 0)
    except BlueRoomError as error:
        print(f"room: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _read(words: list[str]) -> argparse.Namespace:
    tool = words[0] if words and not words[0].startswith("-") else ""
    parser = _parser()
    if not tool:
        return parser.parse_args(words)
    tools = _tools()
    if tool not in tools:
        parser.error(f"unknown word {tool!r}; one of {', '.join(tools)}")
    run, add_options = tools[tool]
    narrow = argparse.ArgumentParser(prog=f"room {tool}")
    narrow.add_argument("--data", metavar="DIR", help="folder of the room (default: room-data)")
    if tool == "serve":
        narrow.add_argument("--host", default="127.0.0.1")
        narrow.add_argument("--port", type=int, default=8000)
    add_options(narrow)
    narrow.set_defaults(run=run, tool=tool)
    return narrow.parse_args(words[1:])


def _django(words: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blueroom.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(words)
    return 0


def open_room(options: argparse.Namespace) -> int:
    """Everything in one process."""
    return _serve(options, is_whole=True)


def serve_apart(options: argparse.Namespace) -> int:
    """Pages and screens; `listen` and `work` run beside it."""
    options.no_rehearsal = True
    return _serve(options, is_whole=False)


def _serve(options: argparse.Namespace, *, is_whole: bool) -> int:
    from blueroom.updates.serve import listen

    with alone_in(data_folder(), "serve"):
        sock = listen(options.host, options.port)
        address = f"http://{_named(options.host)}:{sock.getsockname()[1]}"
        os.environ.setdefault("BLUEROOM_URL", address)
        from blueroom.config.tools import prepare

        opened = prepare(with_rehearsal=is_whole and not options.no_rehearsal)
        from blueroom.config.house import run_serve

        def tell() -> None:
            say(f"Blue Room is open at {os.environ['BLUEROOM_URL']}/")
            for line in opened.lines:
                say(line)
            say("Stop with Ctrl+C.")

        run_serve(sock, on_ready=tell, is_whole=is_whole)
    return 0


def _named(host: str) -> str:
    """A host as it can be typed into a browser on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def run_part(options: argparse.Namespace) -> int:
    """The listener or the background work, in a process of its own."""
    with alone_in(data_folder(), options.tool):
        from blueroom.config.tools import prepare

        prepare(with_rehearsal=False)
        from blueroom.config.house import run_apart

        is_ending = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: is_ending.set())
        run_apart(options.tool, is_ending=is_ending, on_ready=lambda: say(f"{options.tool}: ready"))
    return 0


@contextlib.contextmanager
def alone_in(folder: Path, part: str) -> Iterator[None]:
    """Hold the folder for a part of the house; the lock goes with the process, however it ends."""
    with (folder / f"{part}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyOpen from None
        yield


class AlreadyOpen(BlueRoomError):
    """The folder is in use by another process of the same kind."""

    code = "already_open"
    sentence = (
        "This room is already open in another process. Close it first, or give another --data."
    )


if __name__ == "__main__":
    raise SystemExit(main())
