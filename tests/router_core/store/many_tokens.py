"""Stores with many tokens at once, put straight into the tables: what a listing of ten thousand has to cope with."""

import json
import random
from dataclasses import replace

from router_core.store.tokens import TokenStore
from router_core.tokens.view import STORED
from tests.router_core.tokens.make import NOW, token

MIXES = {
    "one in eight rests": {"resting": 8},
    "all rest, for every model and for one": {"resting": 1, "twice": True},
    "logins with facts and three windows": {"logins": 1},
    "a third is unhealthy": {"unhealthy": 3},
    "no credential yet": {"named": False},
    "some of each": {"resting": 2, "twice": True, "logins": 3, "unhealthy": 5},
}
"""What is in each: one in so many."""

_BECAUSE = ("429: too many requests", "the weekly limit is used up", "", 'said "später" \u2026')
_ILL = (("401: revoked", ""), ("403: VALIDATION_REQUIRED", ""), ("403", "token_unusable"), ("no key", "unreadable"))
_FACTS = ({}, {"plan": "max"}, {"plan": ""}, {"email": "ü@example.com"}, {"plan": "pro ü", "organization": "o"})


def put(store: TokenStore, mix: str, count: int) -> None:
    """Fill an empty store with so many tokens of a mix; their secrets are only as long as real ones."""
    rows = _Rows(count, **MIXES[mix])  # type: ignore[arg-type]
    store.add(replace(token("real"), id="real"))
    columns = [*STORED, "facts", "secret", "refresh_secret", "extra_secret", "updated_at"]
    with store.database.conn as connection:
        for table, names, values in (
            ("tokens", columns, rows.tokens),
            ("windows", ["token_id", "name", "used", "length_s", "reset_at", "status", "observed_at"], rows.windows),
            ("cooldowns", ["token_id", "model", "until", "kind", "because", "since"], rows.cooldowns),
        ):
            places = ",".join("?" * len(names))
            connection.executemany(f"insert into {table} ({','.join(names)}) values ({places})", values)


class _Rows:
    def __init__(
        self,
        count: int,
        *,
        resting: int = 0,
        twice: bool = False,
        logins: int = 0,
        unhealthy: int = 0,
        named: bool = True,
    ) -> None:
        self._dice = random.Random(count)
        self.tokens: list[tuple[object, ...]] = []
        self.windows: list[tuple[object, ...]] = []
        self.cooldowns: list[tuple[object, ...]] = []
        for n in range(1, count):
            id_ = f"{self._dice.getrandbits(48):012x}"
            login = logins > 0 and n % logins == 0
            self._token(n, id_, login, ill=unhealthy > 0 and n % unhealthy == 0, named=named)
            self._windows(id_, ["7d", "5h", *(["7d_opus"] if login else [])])
            if resting and n % resting == 0:
                self._cooldown(id_, "")
                if twice:
                    self._cooldown(id_, "claude-opus-5-5")

    def _ms(self, seconds: float) -> int:
        """That far from now at most; sometimes before it."""
        return round((NOW + self._dice.uniform(-0.1, 1) * seconds) * 1000)

    def _token(self, n: int, id_: str, login: bool, *, ill: bool, named: bool) -> None:
        dice = self._dice
        facts = {"email": f"p{n}@example.com", **dice.choice(_FACTS)} if login and n % 9 else dice.choice(_FACTS[:1])
        because, kind = dice.choice(_ILL) if ill else ("", "")
        long = login and n % 2 == 0  # signed tokens of a login: two thousand characters
        self.tokens.append(
            (
                id_, f"t{n * 7919 % 100_003:06}", dice.choice(["claude", "codex"]), f"a{n}" if login else None,
                self._ms(3e6) if login else None, n % 7, n % 10 != 0, "config" if n % 50 == 0 else "user",
                "unhealthy" if ill else "healthy", because, self._ms(0), login and n % 4 == 0,
                dice.choice(["claude", "codex"]) if login else "", "claude-oauth" if named else "",
                dice.choice([1.0, 2.0, 0.5]), dice.choice([None, 4]), kind,
                json.dumps(facts), dice.randbytes(2000 if long else 140) if named else b"",
                dice.randbytes(140) if login else None, dice.randbytes(1500) if long else None, self._ms(0),
            )
        )  # fmt: skip

    def _windows(self, id_: str, names: list[str]) -> None:
        for name in names:
            length = 18_000 if name == "5h" else 604_800
            used, said = self._dice.choice([(self._dice.random(), ""), (1.0, "rejected"), (None, "allowed")])
            known = self._dice.random() < 0.9
            self.windows.append(
                (id_, name, used, length if known else None, self._ms(length) if known else None, said, self._ms(0))
            )

    def _cooldown(self, id_: str, model: str) -> None:
        kind = self._dice.choice(["rate_limited", "window_exhausted"])
        self.cooldowns.append((id_, model, self._ms(9000), kind, self._dice.choice(_BECAUSE), self._ms(0)))
