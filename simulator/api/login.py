"""What comes before and after everything else: login, logout, version (API reference 1.2, 1.3)."""

from __future__ import annotations

import typing as t

from simulator.api.method import BOTH, method, text

if t.TYPE_CHECKING:
    from simulator.api.method import Answer, Call, Served

TOKEN_FORMS: t.Final = {"bare": "{}", "quoted": '"{}"', "element": "<string>{}</string>"}


@method("auth", verbs=BOTH, session=False)
def log_in(served: Served, call: Call) -> Answer:
    """A token, if a slot of the licence is free."""
    token = served.sessions.log_in(call.param("login"), call.param("pass"), served.readings.wrong_login_status)
    answer = text(TOKEN_FORMS[served.readings.token_form].format(token))
    answer.headers["Set-Cookie"] = f"key={token}; Path=/resto"
    return answer


@method("logout", verbs=BOTH, session=False)
def log_out(served: Served, call: Call) -> Answer:
    """Give the slot back."""
    token = served.sessions.log_out(call.token)
    return text(f"Connection released: {token}" if served.readings.logout == "released" else token)


@method("version", session=False)
def version(served: Served, _: Call) -> Answer:
    """The version, to everybody."""
    return text(served.options.version)
