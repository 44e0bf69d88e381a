"""The tap, and target-postgres as the tap wants it, as Meltano's hub describes plugins."""

from __future__ import annotations

import textwrap
import typing as t

import yaml

from tap_iiko.settings.server import ENOUGH
from tap_iiko.tap import TapIiko

EXTRACTOR = "plugins/extractors/tap-iiko--original.yml"
LOADER = "plugins/loaders/target-postgres--meltanolabs.yml"
WRITTEN = "# Written by `make generated`. Any Meltano project adds it: meltano add NAME --from-ref THIS-FILE\n"
WIDTH = 120
INDENT = 8  # of a setting in meltano.yml

Definition = dict[str, t.Any]


def settings() -> list[Definition]:
    """Every setting of the tap, in the words of ``tap-iiko --about``.

    No setting has a kind: the tap reads the texts itself and says in one sentence what is wrong with one. Meltano would
    stop with a traceback that shows the text, passwords too, and reads 01.11.2026 as the 11th of January.
    """
    TapIiko.append_builtin_config(TapIiko.config_jsonschema)
    return [_setting(name, each) for name, each in TapIiko.config_jsonschema["properties"].items()]


def _setting(name: str, schema: t.Mapping[str, t.Any]) -> Definition:
    found: Definition = {"name": name, "label": schema.get("title") or name.replace("_", " ").capitalize()}
    if schema.get("secret"):
        found["sensitive"] = True
    if (default := schema.get("default")) is not None:
        found["value"] = int(default) if isinstance(default, float) and default.is_integer() else default
    return found | {"description": schema["description"]}


def extractor(version: str) -> Definition:
    """Installed from the wheel in the project's folder: a name alone would trust whoever takes it in an index."""
    return {
        "name": "tap-iiko",
        "variant": "original",
        "namespace": "tap_iiko",
        "label": "iiko",
        "description": (TapIiko.__doc__ or "").splitlines()[0],
        "domain_url": "https://ru.iiko.help",
        "keywords": ["api", "meltano_sdk", "restaurant", "syrve"],
        "maintenance_status": "active",
        "pip_url": f"./tap_iiko-{version}-py3-none-any.whl[postgres]",
        "executable": "tap-iiko",
        "capabilities": sorted(each.value for each in TapIiko.capabilities),
        "settings_group_validation": [list(each) for each in ENOUGH],
        "settings": settings(),
        "commands": {
            "doctor": {"args": "--doctor", "description": "Check everything, and say what to do about each trouble."},
            "views": {"args": "--apply views", "description": "Make the views of the current rows."},
            "prune": {"args": "--apply prune", "description": "Remove for good what those views hide."},
            "analyze": {"args": "--analyze", "description": "List the server's OLAP fields and our columns."},
        },
    }


def loader(meltano_yml: str) -> Definition:
    """As in meltano.yml, with what stands in its ``config`` there as the value of the setting."""
    found: Definition = next(
        each for each in yaml.safe_load(meltano_yml)["plugins"]["loaders"] if each["name"] == "target-postgres"
    )
    config = found.pop("config")
    for setting in found["settings"]:
        value = config.get(setting["name"])
        if value is not None and not str(value).startswith("$"):  # the names of an older project's .env
            setting["value"] = value
    # The log configuration of meltano.yml and the list of versions are files of this project.
    found["pip_url"] = found["pip_url"].split(" -r ")[0]
    found["env"] = {**found["env"], "TARGET_POSTGRES_LOGLEVEL": "WARNING"}
    del found["env"]["SINGER_SDK_LOG_CONFIG"]
    return {"name": found.pop("name"), "variant": found.pop("variant"), "label": "PostgreSQL", **found}


def as_file(definition: Definition) -> str:
    """One that people read."""
    return WRITTEN + yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=WIDTH)


def as_lines(found: t.Sequence[Definition]) -> str:
    """The list of settings of a plugin in meltano.yml."""
    text = yaml.safe_dump(list(found), sort_keys=False, allow_unicode=True, width=WIDTH - INDENT)
    return textwrap.indent(text, " " * INDENT)
