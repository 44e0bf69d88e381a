"""``python -m generate``: write every file that is written from the schemas and the settings."""

from __future__ import annotations

from generate.files import ROOT, contents

if __name__ == "__main__":
    for name, text in contents().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
