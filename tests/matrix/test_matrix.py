"""Every cell of the matrix still shows what is written down in `expected.toml`."""

from collections.abc import Iterator

import pytest

from tests.matrix.expected import read_expected, verdict
from tests.matrix.places import Place, places
from tests.matrix.running import Matrix, running_matrix

pytestmark = pytest.mark.slow

EXPECTED = read_expected()


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with running_matrix(tmp_path_factory.mktemp("matrix")) as running:
        yield running


@pytest.mark.parametrize("place", places(), ids="-".join)
def test_cell(matrix: Matrix, place: Place) -> None:
    found = matrix.outcome(place)
    changed = verdict(EXPECTED.get(place), found)
    assert not changed, changed
