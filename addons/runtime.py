"""What all addons share: the home folder, the configuration in force, the tokens, the trace writer.

It is opened once, when mitmproxy knows its options, and closed at the end. Before that nothing is served.
"""

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from addons.dispatch import QuickDispatch
from addons.live_answer import LiveAnswers
from addons.loop_lag import LoopLag
from addons.renewals import Renewals
from router_core.clock import Clock, SystemClock
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.config.secrets import secrets_of
from router_core.config_needs import load_needs
from router_core.events.hub import Hub
from router_core.events.of_traces import tell_traces
from router_core.home import Home
from router_core.log import LogFile
from router_core.metrics.counts import RequestCounts
from router_core.models.discovery import ModelDirectory, Source
from router_core.models.fetch import fetch_models
from router_core.models.info import Endpoint
from router_core.models.learned import LearnedEndpoints
from router_core.portal.sessions import Sessions
from router_core.providers.catalogue import vendor_of
from router_core.quota.inquiry import UsageInquiry
from router_core.quota.recorder import QuotaRecorder
from router_core.routing.auto.sticky import TierMemory
from router_core.routing.beginnings import Beginnings
from router_core.routing.lock import LockFile
from router_core.routing.measured import Line, Measured, MeasuredTurns, measured_of
from router_core.running import Running
from router_core.state.carried import Carried
from router_core.state.conversations import Conversations
from router_core.state.minted import Minted
from router_core.state.websocket_refusals import WebSocketRefusals
from router_core.store.client_keys import KeyStore
from router_core.store.database import Write, Writer, open_database, open_read_only
from router_core.store.migrations import tokens as token_migrations
from router_core.store.quota import last_samples
from router_core.store.state import StateStore, open_state
from router_core.store.tokens import TokenStore, open_tokens
from router_core.store.traces import bodies_of, last_usages, open_traces
from router_core.telemetry.telemetry import Telemetry
from router_core.tokens.key_ring import KeyRing
from router_core.tokens.pool import TokenPool
from router_core.tokens.token import Window
from router_core.trace.lines import TraceLines
from router_core.trace.redact import Redactor
from router_core.trace.tickets import Tickets
from router_core.trace.writer import TraceWriter

log = logging.getLogger("mitmrouter")


class Runtime:
    """Everything one running router holds."""

    home: Home
    config: Config
    pool: TokenPool
    keys: KeyRing
    store: TokenStore
    models: ModelDirectory
    minted: Minted
    conversations: Conversations
    carried: Carried
    tracer: TraceWriter
    lines: TraceLines
    quota: QuotaRecorder
    inquiry: UsageInquiry
    lock: LockFile
    """To what all routing is pinned."""
    measured: MeasuredTurns
    tiers: TierMemory
    """Of sessions that ask for `auto`."""
    gateway_token: str
    admin_token: str
    started_at: float

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.redactor = Redactor()
        """Knows every secret of this process: the store tells it each one that is read or written."""
        self.renewals = Renewals(self)
        self.websockets = WebSocketRefusals(self.clock)
        self.learned = LearnedEndpoints()
        self.beginnings = Beginnings()
        self.portal = Sessions(self.clock)
        self.events = Hub(self.clock, time.monotonic)
        """Tells what happens to those who listen at `/api/events`."""
        self.live = LiveAnswers()
        self.lag = LoopLag()
        self.counts = RequestCounts()
        self.telemetry = Telemetry(self._kind_of, self._bodies_of)
        self.ready = False
        self.is_demo = False
        """It pays with the simulator's tokens; the owner's own are asked for nothing."""
        self.ending = False
        """The router is being stopped: connections that end now were ended by us."""
        self.project_problems: dict[str, str] = {}
        """Token id → why Google's project behind it is not known."""
        self.dispatch: QuickDispatch | None = None
        """How hooks are called; None: as mitmproxy does."""
        self.listening: tuple[str, int] = ("127.0.0.1", 8100)
        self.tickets = Tickets()
        self._writers: list[Writer] = []
        self._log_file: LogFile | None = None

    def open(self, home: Home) -> None:
        """Open everything below `home`.

        Raises:
            HomeError, ConfigError: one line each that says what to do.
        """
        self.close()
        self.home = home.ensure()
        self.config = load_config(home.config)
        load_needs(self.config)
        self.gateway_token, self.admin_token = home.gateway_token(), home.admin_token()
        self.redactor.know([self.gateway_token, self.admin_token, *secrets_of(self.config)])
        self._log_file = LogFile(home, self.config.server, self.redactor)
        self.store = open_tokens(home, self.clock, self.redactor.learn)
        if self.store.key_news:
            log.info("%s", self.store.key_news)
        token_writer = Writer(open_database(home.tokens_db, token_migrations), "tokens")
        trace_writer = Writer(open_traces(home), "traces")
        state_writer = Writer(open_state(home), "state")
        self._writers = [token_writer, trace_writer, state_writer]
        self._state_db = open_state(home)
        state_store = StateStore(self._state_db)
        self.minted = Minted(state_store, state_writer, self.clock)
        self.carried = Carried()
        self.conversations = Conversations(state_store, state_writer, self.clock)
        self.is_demo = os.environ.get("MITMROUTER_DEMO") == "1"
        self.pool = TokenPool(self.store, token_writer, self.clock, demo=self.is_demo)
        self.keys = KeyRing(KeyStore(self.store.database, self.clock))
        self.quota = QuotaRecorder(token_writer, self.clock, last_samples(self.store.database))
        self.inquiry = UsageInquiry(home, self.clock)
        self.tracer = TraceWriter(trace_writer, self.redactor, self.clock, self.config.trace)
        self.lines = TraceLines(home, self.config.trace, self.redactor)
        self.tracer.watchers += (
            self.counts.watch, tell_traces(self.events), self.lines.watch, self.telemetry.watch,
        )  # fmt: skip
        self.lock = LockFile(home.model_lock)
        self.measured = MeasuredTurns(self._measured_earlier)
        self.tiers = TierMemory()
        self.models = ModelDirectory(self._fetch_models, self.clock, file=home.models_file)
        self.started_at = self.clock.now()
        self.use(self.config)
        self.ready = True

    def use(self, config: Config) -> None:
        """Put a configuration in force; requests under way keep the one they began with."""
        self.config = config
        self.redactor.know(secrets_of(config))
        self.tracer.config = self.lines.config = config.trace
        self.telemetry.configure(config.telemetry)
        if self._log_file:
            self._log_file.set_level(config.server.log_level)
        self.pool.configure(config)

    def model_sources(self) -> list[Source]:
        """The providers that have a token, as the model directory sees them, in the order of listings."""
        return [
            Source(name, provider.models, vendor_of(name, provider))
            for name, provider in self.config.listed_providers()
            if provider.enabled and self.pool.of(name)
        ]

    def endpoints(self, provider: str, model: str) -> tuple[Endpoint, ...]:
        """Where a model of a provider answers; () when neither its list nor a refusal has said it."""
        return self.models.endpoints(provider, model) or self.learned.of(provider, model)

    def _measured_earlier(self) -> Iterator[tuple[Line, Measured]]:
        database = open_read_only(self.home.traces_db)
        for session, agent, usage in last_usages(database, self.config.trace.keep):
            if (measured := measured_of(usage)) is not None:
                yield (session, agent), measured
        database.close()

    @property
    def url(self) -> str:
        """Its own address, for who is on this machine."""
        return Running(0, *self.listening, "").url

    def _kind_of(self, provider: str) -> str:
        found = self.config.providers.get(provider)
        return found.kind if found is not None else ""

    def _bodies_of(self, request_id: str) -> Iterator[dict[str, Any]]:
        with contextlib.closing(open_read_only(self.home.traces_db)) as database:
            yield from bodies_of(database, request_id)

    async def _fetch_models(self, provider: str) -> tuple[int, object]:
        token = await self.renewals.fresh(self.pool.select(self.config, provider, "").token)
        return await fetch_models(provider, token, self.config)

    def observe_quota(self, token_id: str, headers: Mapping[str, str]) -> None:
        """Take over what an answer's headers say of its token's quota."""
        self.pool.observe(token_id, self.quota.answered(token_id, headers, self.clock.now()))

    def observe_windows(self, token_id: str, windows: Sequence[Window]) -> None:
        """Take over windows that were told otherwise: by a poll, by an error."""
        if windows:
            self.pool.observe(token_id, windows)
            self.quota.observed(token_id, windows)

    def write_token(self, write: Write) -> None:
        """Queue a write to tokens.db."""
        self._writers[0].submit(write)

    def unwritten(self) -> dict[str, int]:
        """Name of each writer → how much waits for it."""
        return {writer.name: writer.pending for writer in self._writers}

    def close(self) -> None:
        """Write what is queued and let go of the files."""
        self.ready = False
        if self._writers:
            self.inquiry.close()
        for writer in self._writers:
            writer.close()
        self._writers = []
        self.telemetry.close()
        if self._log_file:
            self._log_file.close()
            self._log_file = None
