"""What was found, for people and for machines."""

from __future__ import annotations

import io
import json
import sys
import typing as t
from dataclasses import asdict, dataclass, replace

import click

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_iiko.commands.doctor.checks import Finding

# Sign, the same for a terminal without it, colour.
SIGNS: t.Final = {
    "good": ("✓", "ok", "green"),
    "doubtful": ("!", "! ", "yellow"),
    "bad": ("✗", "X ", "red"),
    "unchecked": ("-", "- ", None),
}
ARROW = ("→", "->")


@dataclass(frozen=True)
class Told:
    """A finding, of which check and about whom."""

    subject: str
    check: str
    finding: Finding

    def masked(self, mask: Callable[[str], str]) -> Told:
        """Without secrets."""
        words, remedy = mask(self.finding.words), mask(self.finding.remedy)
        return replace(self, finding=replace(self.finding, words=words, remedy=remedy))


def in_words(found: Iterable[Told]) -> int:
    """A line for each finding as it is made, a remedy below it."""
    plain = _is_plain()
    subject, counts = None, dict.fromkeys(SIGNS, 0)
    for told in found:
        if told.subject != subject:
            subject = told.subject
            click.secho(subject, bold=True)
        sign = SIGNS[told.finding.status]
        mark = click.style(sign[plain], fg=sign[2])
        click.echo(f"  {mark} {told.check:<12} {told.finding.words}")
        if told.finding.remedy:
            click.echo(f"{'':<17}{ARROW[plain]} {told.finding.remedy}")
        counts[told.finding.status] += 1
    if counts["bad"]:
        click.echo(f"A run would not work as it should: {counts['bad']} of {sum(counts.values())} checks failed.")
    else:
        doubts = f", but see what is marked with {SIGNS['doubtful'][0]}" if counts["doubtful"] else ""
        click.echo(f"A run would work{doubts}.")
    return int(counts["bad"] > 0)


def _is_plain() -> bool:
    """Whether stdout cannot show the signs; what else it cannot show becomes a question mark."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return False
    sys.stdout.reconfigure(errors="replace")
    try:
        "✓✗→".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def as_json(found: Iterable[Told]) -> int:
    """One object, when all is known."""
    checks = [{"subject": each.subject, "check": each.check, **asdict(each.finding)} for each in found]
    works = all(check["status"] != "bad" for check in checks)
    click.echo(json.dumps({"works": works, "checks": checks}, indent=2))
    return int(not works)


TELLERS: t.Final[dict[str, Callable[[Iterable[Told]], int]]] = {"text": in_words, "json": as_json}
