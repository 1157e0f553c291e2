"""Headers as a plain dictionary, or one of them: to look up a name in mitmproxy's `Headers` takes as long as that."""

from mitmproxy import http


def header_map(headers: http.Headers) -> dict[str, str]:
    """Names in lower case; a repeated header's values are joined by ", ", as HTTP has it."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.fields:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def header(headers: http.Headers, name: bytes) -> str:
    """One of them, "" when it is not there; `name` in lower case."""
    return b", ".join(value for each, value in headers.fields if each.lower() == name).decode("latin-1")
