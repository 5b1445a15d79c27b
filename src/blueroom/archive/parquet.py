"""JSON Lines as Parquet, by DuckDB, for who reads with pandas, R or a spreadsheet.

DuckDB may open nothing but the folder, and fetches no extensions: what it needs is in its wheel.
"""

from __future__ import annotations

import typing
from datetime import datetime
from pathlib import Path

import duckdb

from blueroom.archive import lines

TABLES: dict[str, type[lines.Row]] = {
    "posts": lines.Post,
    "questions": lines.Question,
    "decisions": lines.Decision,
}
MEMORY = "512MB"
_TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMPTZ"}


def write_parquet(folder: Path, table: str) -> str:
    """Write `<table>.jsonl` of the folder as Parquet too; its path in the folder."""
    path = f"parquet/{table}.parquet"
    (folder / path).parent.mkdir(exist_ok=True)
    with _database(folder) as database:
        columns = ", ".join(f"{_quoted(name)}: '{kind}'" for name, kind in columns_of(table))
        source, target = _text(folder / f"{table}.jsonl"), _text(folder / path)
        database.execute(
            f"COPY (SELECT * FROM read_json({source}, format = 'newline_delimited', "  # noqa: S608
            f"maximum_object_size = 67108864, columns = {{{columns}}})) "
            f"TO {target} (FORMAT parquet, COMPRESSION zstd)"
        )
    return path


def columns_of(table: str) -> list[tuple[str, str]]:
    """The columns and their SQL types, in the order of the lines."""
    hints = typing.get_type_hints(TABLES[table])
    return [(name, _type_of(hint)) for name, hint in hints.items()]


def _type_of(hint: object) -> str:
    plain = [one for one in typing.get_args(hint) if one is not type(None)]
    kind = plain[0] if plain else hint
    return _TYPES.get(typing.cast(type, kind), "VARCHAR")  # the rest are words of a list


def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(folder / ".duckdb"),
        },
    )
    # In this order: the folder cannot be named any more once all others are shut.
    database.execute(f"SET allowed_directories = [{_text(folder)}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def _text(value: Path) -> str:
    """A path as SQL writes texts."""
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return f'"{name}"'
