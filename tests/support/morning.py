"""The morning page as people see it: made of a database, opened in a browser."""

from __future__ import annotations

import datetime
import itertools
import os
import re
import shutil
import typing as t
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from tap_iiko.report.page import Options, gather, render
from tap_iiko.report.read import Database

if t.TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from support.databases import Connection

LAST_DAY = datetime.date(2026, 3, 8)  # a Sunday
PERIOD = LAST_DAY - datetime.timedelta(days=27), LAST_DAY
SCHEMA = "morning"
MADE = datetime.datetime(2026, 3, 9, 7, 30)  # noqa: DTZ001 - the page's clock is UTC, without zone
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOTS = os.environ.get("MORNING_SCREENSHOTS")  # a folder: every page that a test leaves is seen there
INSTALL = "No Chromium on this machine: apt-get install -y chromium"


def page_of(connection: Connection, **options: t.Any) -> str:
    """The file's text."""
    told = Options(**options)
    return render(gather(Database(connection), told, MADE), told, MADE)


class Seen:
    """A page in a browser."""

    def __init__(self, browser: Browser, folder: Path, html: str, *, scripts: bool = True, **look: t.Any) -> None:
        file = folder / "page.html"
        file.write_text(html, encoding="utf-8")
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1440, "height": 900}, **look)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        if SCREENSHOTS:
            self._look(Path(SCREENSHOTS))
        self.context.close()

    def _look(self, folder: Path) -> None:
        """Of a person: both languages, light and dark, wide and narrow."""
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[1].rpartition(" ")[0].replace(" ", "-")
        for language, look, width in itertools.product(("ru", "en"), ("light", "dark"), (1440, 390)):
            self.choose(language, look)
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=folder / f"{name}-{language}-{look}-{width}.png", full_page=True)

    @property
    def text(self) -> str:
        """All that is visible."""
        return plain(self.page.inner_text("body"))

    def choose(self, *ids: str) -> None:
        """Press a language or an appearance."""
        for each in ids:
            self.page.check(f"#{each}", force=True)

    def texts(self, selector: str) -> list[str]:
        """Of the visible elements."""
        return [plain(each.inner_text()) for each in self.page.locator(selector).all() if each.is_visible()]

    def tiles(self) -> dict[str, str]:
        """The figures of the last day."""
        return dict(zip(self.texts(".tiles dt"), self.texts(".tiles .big"), strict=True))

    def table(self, selector: str) -> list[list[str]]:
        """The cells of each row of its body and its foot."""
        rows = self.page.locator(f"{selector} :is(tbody,tfoot) tr").all()
        return [[plain(cell.inner_text()) for cell in row.locator("th,td").all()] for row in rows if row.is_visible()]

    def is_sideways(self, width: int) -> bool:
        """Whether the page has to be moved from side to side."""
        self.page.set_viewport_size({"width": width, "height": 900})
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


class Look:
    """At a database, in a browser."""

    def __init__(self, morning: Connection, browser: Browser, folder: Path) -> None:
        self.morning = morning
        self.browser = browser
        self.folder = folder

    def __call__(self, **options: t.Any) -> Seen:
        """At the page as it is made now."""
        return self.at(page_of(self.morning, **options))

    def at(self, html: str, **as_: t.Any) -> Seen:
        """At any page."""
        return Seen(self.browser, self.folder, html, **as_)


def plain(text: str) -> str:
    """With ordinary blanks."""
    return re.sub(r"[\u00a0\u202f]", " ", text).strip()


def number(value: Decimal | int) -> str:
    """As the English page writes it."""
    return f"{Decimal(value).quantize(Decimal(1), ROUND_HALF_UP):,}"


def short(value: Decimal) -> str:
    """A sum of many days."""
    return f"{number(value / 1000)}k" if value >= 10_000 else number(value)


def percent(part: Decimal, of: Decimal, places: int = 1) -> str:
    """A share."""
    return f"{(100 * part / of).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}%"
