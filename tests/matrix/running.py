"""The router of the matrix with its simulator and the four SDKs."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from router_core.simulator import SimulatorThread, seen
from tests.matrix.asking import Client
from tests.matrix.cell import Outcome, run
from tests.matrix.clients import all_clients
from tests.matrix.features import FEATURES
from tests.matrix.places import Place
from tests.matrix.targets import register, settings
from tests.support.lab import Lab, running_lab

KEPT_BODY_BYTES = 2 * 1024 * 1024
"""Of a request, by the simulator: large arguments are compared, too."""


class Matrix:
    """Runs cells."""

    def __init__(self, lab: Lab, clients: dict[str, Client]) -> None:
        self._lab = lab
        self._clients = clients

    def outcome(self, place: Place) -> Outcome:
        client, target, feature, way = place
        return run(self._lab, self._clients[client], target, feature, FEATURES[feature], stream=way == "stream")


@contextlib.contextmanager
def running_matrix(folder: Path) -> Iterator[Matrix]:
    """One router and one simulator for all cells.

    Args:
        folder: an empty one.
    """
    with SimulatorThread() as simulator, contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(seen, "MAX_BODY_BYTES", KEPT_BODY_BYTES))
        kinds, urls = settings(simulator.url)
        lab = stack.enter_context(running_lab(folder, simulator=simulator, env=kinds, base_urls=urls))
        register(lab)
        clients = all_clients(lab.router.url, lab.router.home.gateway_token())
        for client in clients.values():
            stack.callback(client.close)
        yield Matrix(lab, clients)
