"""What is measured: for each step the command over all rows, the same over no rows, and how its result is checked."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from bench.setting import STREAM, our_target_settings

if t.TYPE_CHECKING:
    from bench.measure import Command
    from bench.setting import Setting

Maker = t.Callable[["Setting", bool], "Command"]


@dataclass(frozen=True)
class Step:
    """One row of the table."""

    name: str
    title: str
    command: Maker
    """Over all rows, or over none (the start-up)."""
    programs: tuple[str, ...] = ()
    reads: bool = True
    """From the source; then the source tells how many lines it gave."""
    loads: bool = False
    """Into the schema ``bench_<name>``."""
    tenth: bool = False

    @property
    def schema(self) -> str:
        """Where it loads to."""
        return f"bench_{self.name.replace('-', '_')}"


def _program(module: str, *more: str, python: str = "python", job: str = "job") -> Maker:
    def command(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
        file = setting.folder / ("job-empty.json" if empty else f"{job}.json")
        return setting.command(getattr(setting.layout, python), "-m", f"bench.{module}", file, *more)

    return command


def _tap(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
    return setting.tap(empty=empty)


def _settings(setting: Setting, *, ours: bool) -> dict[str, t.Any]:
    return our_target_settings() if ours else setting.target_defaults


def _target(name: str, *, ours: bool) -> Maker:
    def command(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
        content = setting.target_config(name, _settings(setting, ours=ours))
        config = setting.write(f"{name}.json", content)
        messages = setting.start_messages if empty else setting.messages
        return setting.command(setting.layout.target, "--config", config, input=messages)

    return command


def _batch_config(setting: Setting) -> dict[str, t.Any]:
    files = setting.folder / "batches"
    return {"encoding": {"format": "jsonl", "compression": "none"}, "storage": {"root": files.as_uri()}}


def _meltano(name: str, *, ours: bool, batch: bool = False) -> Maker:
    def command(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
        config = json.loads((setting.folder / ("tap-empty.json" if empty else "tap.json")).read_text(encoding="utf-8"))
        target = setting.target_config(name, {} if ours else setting.target_defaults)
        env = {
            **{f"TAP_IIKO_{key.upper()}": str(value) for key, value in config.items()},
            **{f"TARGET_POSTGRES_{key.upper()}": _text(value) for key, value in target.items()},
            "TAP_IIKO__SELECT": json.dumps([f"{STREAM}.*"]),
            "TAP_IIKO_LOG_DIR": str(setting.folder / "logs"),
            "MELTANO_DATABASE_URI": f"sqlite:///{setting.folder / 'meltano.db'}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        if batch:
            env["TAP_IIKO_BATCH_CONFIG"] = json.dumps(_batch_config(setting))
        args = ("run", "--full-refresh", f"--state-id-suffix={name}", "tap-iiko", "target-postgres")
        return setting.command(setting.layout.meltano, *args, env=env)

    return command


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _batch(setting: Setting, empty: bool) -> Command:  # noqa: FBT001
    """Tap and target in one pipe; files of rows pass beside it."""
    config = json.loads((setting.folder / ("tap-empty.json" if empty else "tap.json")).read_text(encoding="utf-8"))
    config["batch_config"] = _batch_config(setting)
    tap = setting.write("tap-batch.json", config)
    target = setting.write("bench_batch.json", setting.target_config("bench_batch", our_target_settings()))
    pipe = 'set -e; "$1" --config "$2" --catalog "$3" | "$4" --config "$5"'
    names = (setting.layout.tap, tap, setting.catalog((STREAM,)), setting.layout.target, target)
    return setting.command("sh", "-c", pipe, "sh", *names)


STEPS: t.Final = (
    Step("download", "download only", _program("programs.download")),
    Step("parse", "download + parse (json, exact decimals)", _program("programs.parse")),
    Step("tap", "our tap", _tap),
    Step("plain-tap", "the same through a plain SDK RESTStream", _program("plain_tap")),
    Step(
        "target",
        "target-postgres alone, our settings",
        _target("bench_target", ours=True),
        ("target",),
        reads=False,
        loads=True,
    ),
    Step(
        "target-defaults",
        "target-postgres alone, its defaults",
        _target("bench_target_defaults", ours=False),
        ("target",),
        reads=False,
        loads=True,
    ),
    Step(
        "meltano",
        "**meltano run, our settings**",
        _meltano("bench_meltano", ours=True),
        ("meltano", "target"),
        loads=True,
    ),
    Step(
        "meltano-defaults",
        "meltano run, the target's defaults",
        _meltano("bench_meltano_defaults", ours=False),
        ("meltano", "target"),
        loads=True,
    ),
    Step(
        "meltano-batch",
        "**meltano run, our settings, BATCH files**",
        _meltano("bench_meltano_batch", ours=True, batch=True),
        ("meltano", "target"),
        loads=True,
    ),
    Step("batch", "our tap \\| target-postgres with BATCH", _batch, ("target",), loads=True),
    Step(
        "dlt",
        "dlt, plain rows",
        _program("programs.dlt_load", "bench_dlt", "rows", "upsert", python="bench_python"),
        ("bench-python",),
        loads=True,
    ),
    Step(
        "dlt-csv",
        "dlt, plain rows, CSV files",
        _program("programs.dlt_load", "bench_dlt_csv", "csv", "upsert", python="bench_python"),
        ("bench-python",),
        loads=True,
    ),
    Step(
        "dlt-arrow",
        "dlt, Arrow tables made by hand",
        _program("programs.dlt_load", "bench_dlt_arrow", "arrow", "upsert", python="bench_python"),
        ("bench-python",),
        loads=True,
    ),
    Step(
        "orm",
        "ORM merge row by row (on a tenth of the rows)",
        _program("programs.orm_merge", "bench_orm", python="bench_python", job="job-tenth"),
        ("bench-python",),
        loads=True,
        tenth=True,
    ),
    Step(
        "copy",
        "COPY + merge of a finished file (the limit)",
        lambda setting, empty: _copy(setting, empty=empty),
        ("bench-python", "target"),
        reads=False,
        loads=True,
    ),
)


def _copy(setting: Setting, *, empty: bool) -> Command:
    if not setting.copy_file.with_suffix(".empty").exists():
        setting.copy_file.with_suffix(".empty").touch()
    file = setting.copy_file.with_suffix(".empty") if empty else setting.copy_file
    maker = _program("programs.copy_merge", "bench_copy", str(file), python="bench_python")
    return maker(setting, empty)
