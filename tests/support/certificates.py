"""Certificates that nobody in the world has signed."""

from __future__ import annotations

import typing as t

import trustme

if t.TYPE_CHECKING:
    from pathlib import Path


def self_signed(folder: Path) -> tuple[str, str, str]:
    """Files of a certificate for 127.0.0.1, of its key, and of what would make it trusted."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: str(folder / f"{name}.pem") for name in ("certificate", "key", "authority")}
    issued.cert_chain_pems[0].write_to_path(files["certificate"])
    issued.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(files["authority"])
    return files["certificate"], files["key"], files["authority"]
