"""A written part inside a file that people write: it stands between two lines that name it."""

from __future__ import annotations

import re


def fill(text: str, name: str, body: str) -> str:
    """The text with a new body between the lines ``… generated: <name> …`` and ``… generated: end …``.

    Raises:
        LookupError: the text has no such lines.
    """
    pattern = rf"(^.*\bgenerated: {re.escape(name)}\b.*\n)(?:.*\n)*?(^.*\bgenerated: end\b)"
    filled, count = re.subn(pattern, lambda found: f"{found[1]}{body}{found[2]}", text, flags=re.MULTILINE)
    if count != 1:
        raise LookupError(f"there is no part {name!r}, or more than one")
    return filled
