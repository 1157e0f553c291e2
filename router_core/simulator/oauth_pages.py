"""The pages of the simulated authorization servers: consent, code to copy, device code, error. No outside resources."""

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from router_core.simulator.answers import Answer
from router_core.simulator.call import Call
from router_core.simulator.script import OAuth, Person

AUTO_SUBMIT_MS = 300

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    "<body><h1>{title}</h1>{body}</body></html>"
)


def page(status: int, title: str, body: str) -> Answer:
    html = _PAGE.format(title=escape(title), body=body)
    return Answer(status, [("content-type", "text/html; charset=utf-8")], html.encode())


def refused_page(reason: str) -> Answer:
    """A request that is not sent back to the program, because nobody knows whether it came from there."""
    return page(400, "Something went wrong", f"<p id='error'>{escape(reason)}</p>")


def consent_page(who: str, path: str, fields: dict[str, str], options: OAuth) -> Answer:
    """Asks a person; `options.consent` may press the button by itself after a moment."""
    hidden = "".join(_hidden(name, value) for name, value in fields.items())
    people = "".join(
        f'<option value="{number}">{escape(person.email)} ({escape(person.workspace)})</option>'
        for number, person in enumerate(options.people)
    )
    script = ""
    if options.consent != "ask":
        hidden += _hidden("decision", options.consent)
        script = f"<script>setTimeout(() => document.forms[0].submit(), {AUTO_SUBMIT_MS})</script>"
    form = (
        f'<form method="post" action="{escape(path)}">{hidden}<select name="person">{people}</select>'
        '<button id="allow" name="decision" value="allow">Authorize</button>'
        f'<button id="deny" name="decision" value="deny">Decline</button></form>{script}'
    )
    return page(200, f"{who}: authorize this program?", form)


def device_page(path: str, options: OAuth, user_code: str = "") -> Answer:
    """Where a person types what the program shows."""
    people = "".join(
        f'<option value="{number}">{escape(person.email)}</option>' for number, person in enumerate(options.people)
    )
    form = (
        f'<form method="post" action="{escape(path)}"><input name="user_code" value="{escape(user_code)}">'
        f'<select name="person">{people}</select><button id="allow" name="decision" value="allow">Continue</button>'
        '<button id="deny" name="decision" value="deny">Cancel</button></form>'
    )
    return page(200, "Enter the code shown by the program", form)


def code_page(code: str) -> Answer:
    """What a person copies by hand into a program that cannot be called back."""
    return page(200, "Copy this code into the program", f'<pre id="code">{escape(code)}</pre>')


def redirect(uri: str, fields: dict[str, str]) -> Answer:
    """Back to the program."""
    glue = "&" if urlsplit(uri).query else "?"
    return Answer(302, [("location", f"{uri}{glue}{urlencode(fields)}"), ("cache-control", "no-store")])


def form_of(call: Call) -> dict[str, str]:
    """A form, or the query of a GET; the last value of each name."""
    text = call.query if call.method == "GET" else call.body.decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def person_of(fields: dict[str, str], people: Sequence[Person]) -> Person:
    number = fields.get("person", "0")
    return people[int(number) if number.isdigit() and int(number) < len(people) else 0]


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
