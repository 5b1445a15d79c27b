"""A self-hosted live-interview room."""

__version__ = "0.1.0"
