"""The settings an operator may give, as environment variables; docs/settings.md lists the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Option:
    """One setting. `default` is the text that stands for it when it is not given."""

    name: str
    default: str
    help: str


OPTIONS = (
    Option("BLUEROOM_DATA", "room-data", "Folder of the database, keys and files."),
    Option("BLUEROOM_URL", "", "Public address, https://room.example.org; empty: as asked for."),
    Option("BLUEROOM_DATABASE", "", "postgresql://user:password@host:port/name; empty: SQLite."),
    Option("BLUEROOM_REDIS", "", "redis://host:port/0 where serve, listen and work run apart."),
    Option("BLUEROOM_HOSTS", "", "Further host names to answer to, comma-separated."),
    Option(
        "BLUEROOM_TRUSTED_PROXIES",
        "",
        "Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    ),
    Option(
        "BLUEROOM_OUTBOUND_ALLOW",
        "",
        "Private hosts or networks that may be called, comma-separated host:port or CIDR.",
    ),
    Option(
        "BLUEROOM_RTMP",
        "",
        "Address for encoders, host:port; empty: the host that is served, port 1935; off: none.",
    ),
    Option(
        "BLUEROOM_WEBRTC_HOSTS",
        "",
        "Addresses that WebRTC may use, comma-separated; empty: all of this machine.",
    ),
    Option("BLUEROOM_SPEECH_MODEL", "", "Folder of a faster-whisper model, for captions."),
    Option("BLUEROOM_SEMANTIC_MODEL", "", "Folder of a sentence model, for proposals by meaning."),
    Option("BLUEROOM_THREADS", "8", "Threads that answer pages and API calls."),
    Option("BLUEROOM_STREAMS", "12000", "Event streams open at once at most."),
    Option("BLUEROOM_MAIL", "", "smtp://user:password@host:587 to send mail; empty: to the log."),
    Option("BLUEROOM_MAIL_FROM", "", "Sender of mail."),
    Option("BLUEROOM_LOG", "info", "debug, info, warning or error."),
)
_DEFAULTS = {option.name: option.default for option in OPTIONS}


def option(name: str) -> str:
    """The value of a setting. Raises KeyError for a name that is not in OPTIONS."""
    return os.environ.get(name) or _DEFAULTS[name]


def option_list(name: str) -> list[str]:
    """The parts of a comma-separated setting, without spaces and empty ones."""
    return [part.strip() for part in option(name).split(",") if part.strip()]


def data_folder() -> Path:
    """Where everything that must be kept lies; made where it is missing, readable by us alone."""
    folder = Path(option("BLUEROOM_DATA")).expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
