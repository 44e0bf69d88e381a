"""What a user has given, in a file, under Meltano or in the environment: texts become values, names are checked.

Under Meltano every setting arrives as the text that the user wrote (meltano.yml gives them no kind): Meltano answers a
text that it cannot read with a hundred lines that never name the setting and may show what is in it, passwords too.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import typing as t
import unicodedata
from dataclasses import dataclass, field

PREFIX = "TAP_IIKO_"
PASSWORDS = ("password", "password_sha1")
NOT_SETTINGS = frozenset({"loglevel"})  # the SDK's
YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})
ABOUT = ": tap-iiko --about lists them all."
KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}

Schema = t.Mapping[str, t.Any]


class WrongValueError(Exception):
    """A value does not fit; the message goes behind the name of the setting and never repeats the value."""


@dataclass
class Given:
    """Settings as values; ``problems`` and ``strange`` are sentences, ``strange`` about names that nobody knows."""

    config: dict[str, t.Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def read(config: t.Mapping[str, t.Any], schema: Schema, environment: t.Mapping[str, str]) -> Given:
    """Settings of any form, against the schema of all settings; a setting that is wrong is left out."""
    given = Given()
    _take(config, schema["properties"], given, given.config, "")
    entries = given.config.get("servers")
    if entries:
        known = schema["properties"]["servers"]["items"]["properties"]
        given.config["servers"] = [
            _entry(entry, number, known, schema["properties"], given) for number, entry in enumerate(entries, 1)
        ]
    accounts = given.config.get("servers") or [given.config]
    _take_passwords(accounts, environment, given)
    names = {variable_part(_name_of(account)) for account in accounts}
    given.strange += strange_variables(environment, schema["properties"], names, given.config)
    return given


def _take(
    source: t.Mapping[str, t.Any], known: t.Mapping[str, Schema], given: Given, into: dict[str, t.Any], who: str
) -> None:
    for name, value in source.items():
        if value is None or value == "":
            continue  # not given: what a line NAME= in .env means
        if name not in known:
            given.strange.append(f"{who}{name} is no setting{closest(name, known, ABOUT)}")
            into[name] = value
            continue
        try:
            into[name] = value_of(value, known[name])
        except WrongValueError as error:
            given.problems.append(f"{who}{name} {error}.")


def _entry(
    entry: t.Any, number: int, known: t.Mapping[str, Schema], common: t.Mapping[str, Schema], given: Given
) -> dict[str, t.Any]:
    who = f"servers, entry {number}: "
    result: dict[str, t.Any] = {}
    if not isinstance(entry, dict):
        given.problems.append(f"{who}it must be an object, not {_kind_of(entry)}.")
        return result
    for name in sorted(set(entry) & set(common) - set(known)):
        given.strange.append(f"{who}{name} is set for all servers at once: it belongs beside servers.")
    _take({key: value for key, value in entry.items() if key in known or key not in common}, known, given, result, who)
    if not entry.get("server_id"):
        given.problems.append(f"{who}server_id is missing: a short name that stays the same for ever.")
    return result


def closest(name: str, known: t.Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence that calls a name unknown."""
    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f": did you mean {found[0]}?" if found else otherwise or f": there are {', '.join(sorted(known))}."


# Values


def value_of(value: t.Any, definition: Schema) -> t.Any:
    """A value of the setting's type, in its limits.

    Raises:
        WrongValueError: it cannot be one.
    """
    kind = _type_of(definition)
    if isinstance(value, str) and kind != "string":
        value = _from_text(value.strip(), kind)
    if not _is_a(value, kind):
        hint = ": put it in quotes" if kind == "string" and isinstance(value, (int, float)) else ""
        raise WrongValueError(f"must be {KINDS[kind]}, not {_kind_of(value)}{hint}")
    _check_limits(value, kind, definition)
    for text in _texts(value):
        _check_characters(text, lines=kind == "object")
    return value


def _type_of(definition: Schema) -> str:
    kinds = definition.get("type", "object")
    return next(kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")


def _is_a(value: t.Any, kind: str) -> bool:
    if isinstance(value, bool) or kind == "boolean":
        return isinstance(value, bool) and kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    types = {"string": str, "integer": int, "number": (int, float), "array": list, "object": dict}
    return isinstance(value, types[kind])  # type: ignore[arg-type]


def _kind_of(value: t.Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int():
            return "a number"
        case float():
            return "a decimal number"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
    return "that"


def _from_text(text: str, kind: str) -> t.Any:
    match kind:
        case "boolean":
            if text.lower() not in YES | NO:
                raise WrongValueError("must be true or false")
            return text.lower() in YES
        case "integer":
            if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
                raise WrongValueError("must be a whole number")
            return int(text)
        case "number":
            if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
                raise WrongValueError("must be a number")
            return float(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = json_problem(error)
    wanted = f"{KINDS[kind]} in {'[…]' if kind == 'array' else '{…}'}"
    raise WrongValueError(f"is no valid JSON: {reason}. Write {wanted}, names and texts in double quotes")


def json_problem(error: Exception) -> str:
    """What is wrong with a text that is no JSON, and where; nothing of the text itself."""
    match error:
        case json.JSONDecodeError():  # its message may hold a piece of the text behind the colon
            reason = error.msg.split(":")[0].removesuffix(" at").removesuffix(" starting")
            return f"{reason} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return "bytes that are no UTF-8 text"
        case RecursionError():
            return "it is nested too deeply"
    return "a number that is too long"


def _check_limits(value: t.Any, kind: str, definition: Schema) -> None:
    if kind in {"integer", "number"}:
        least, most = definition.get("minimum", -math.inf), definition.get("maximum", math.inf)
        if not math.isfinite(value) or not least <= value <= most:
            wanted = f"between {least} and {most}" if math.isfinite(most) else f"at least {least}"
            raise WrongValueError(f"must be {wanted}")
    if "enum" in definition and value not in definition["enum"]:
        choices = [str(each) for each in definition["enum"]]
        raise WrongValueError(f"must be {', '.join(choices[:-1])} or {choices[-1]}")
    if "pattern" in definition and not re.search(definition["pattern"], value):
        raise WrongValueError("must be 40 hexadecimal digits, the SHA-1 of the password")
    if kind == "array":
        inner = _type_of(definition.get("items", {}))
        for number, item in enumerate(value, 1):
            if inner == "string" and not isinstance(item, str):
                raise WrongValueError(f"must be a list of texts, but entry {number} is {_kind_of(item)}")


def _texts(value: t.Any) -> t.Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from value
            for item in value.values():
                yield from _texts(item)


def _check_characters(text: str, *, lines: bool) -> None:
    """No control characters: they come from copied line ends and broken files, and nothing that takes them is ours."""
    for place, character in enumerate(text, 1):
        if lines and character in "\t\n\r":
            continue
        match unicodedata.category(character):
            case "Cc":
                raise WrongValueError(f"contains a control character, perhaps a copied line end (character {place})")
            case "Cs":
                raise WrongValueError(f"contains bytes that are no UTF-8 text (character {place})")


# The environment


def variable_part(server_id: str) -> str:
    """What stands for a server in the name of a variable: ``north-1`` is ``NORTH_1``."""
    return re.sub(r"[^A-Z0-9]", "_", server_id.upper())


def _name_of(account: t.Mapping[str, t.Any]) -> str:
    return str(account.get("server_id") or "main").strip()


def _take_passwords(accounts: t.Sequence[dict[str, t.Any]], environment: t.Mapping[str, str], given: Given) -> None:
    """``TAP_IIKO_PASSWORD_<SERVER_ID>`` and ``TAP_IIKO_PASSWORD_SHA1_<SERVER_ID>``, before what a file says."""
    owners: dict[str, str] = {}
    for account in accounts:
        name = _name_of(account)
        variables = {key: f"{PREFIX}{key.upper()}_{variable_part(name)}" for key in PASSWORDS}
        found = {key: variable for key, variable in variables.items() if environment.get(variable)}
        for key, variable in found.items():
            owner = owners.setdefault(variable, name)
            if owner != name:
                given.problems.append(
                    f"{variable} would be the variable of two servers, {owner!r} and {name!r}: "
                    "give one of them another server_id, or its password inside servers."
                )
            if key == "password_sha1" and not re.fullmatch("[0-9a-fA-F]{40}", environment[variable]):
                given.problems.append(f"{variable} must be 40 hexadecimal digits, the SHA-1 of the password.")
        if found:
            for key in PASSWORDS:
                account.pop(key, None)
            account.update({key: environment[variable] for key, variable in found.items()})


def strange_variables(
    environment: t.Mapping[str, str],
    known: t.Mapping[str, Schema],
    servers: t.Collection[str],
    config: t.Mapping[str, t.Any],
) -> list[str]:
    """A sentence for each variable that looks like a setting of this tap and is none."""
    names = [name for name in environment if name.startswith(PREFIX)]
    # Plugins that inherit from this one have variables of their own: TAP_IIKO_NORTH_BASE_URL of tap-iiko-north.
    others = tuple({name.removesuffix("BASE_URL") for name in names if name.endswith("_BASE_URL")} - {PREFIX})
    objects = tuple(f"{name}_" for name, definition in known.items() if _type_of(definition) == "object")
    sentences = []
    for variable in sorted(names):
        name = variable.removeprefix(PREFIX).lower()
        if (
            name in known
            or name in NOT_SETTINGS
            or name in config  # meltano.yml says it, and has been told
            or name.startswith(("_", *objects))  # Meltano's own; TAP_IIKO_BATCH_CONFIG_ENCODING_FORMAT
            or variable.startswith(others)
        ):
            continue
        if of_server := re.fullmatch(r"password(?:_sha1)?_(.+)", name):
            if of_server[1].upper() not in servers:
                wanted = ", ".join(sorted(f"{PREFIX}PASSWORD_{each}" for each in servers))
                sentences.append(f"{variable} belongs to no server: did you mean {wanted}?")
            continue
        sentences.append(f"{variable} is no setting{closest(name, known, ABOUT)}")
    return sentences
