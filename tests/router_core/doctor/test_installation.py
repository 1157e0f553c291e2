"""Python, mitmproxy, packages."""

import importlib.metadata

import pytest

from router_core.doctor import installation
from router_core.doctor.installation import mitmproxy_finding, python_finding
from tests.router_core.doctor.conftest import Examine


@pytest.mark.parametrize(("version", "verdict"), [((3, 12, 1), "ok"), ((3, 13, 9), "ok"), ((3, 11, 9), "problem"),
                                                  ((3, 14, 0), "problem")])  # fmt: skip
def test_pythons_that_mitmproxy_does_not_run_on_are_named(version: tuple[int, int, int], verdict: str) -> None:
    finding = python_finding(version)
    assert finding.verdict == verdict
    assert bool(finding.remedy) == (verdict == "problem")


@pytest.mark.parametrize(("version", "verdict"), [("12.2.3", "ok"), ("12.3.0", "problem"), ("12.20.0", "problem"),
                                                  ("", "problem")])  # fmt: skip
def test_another_mitmproxy_is_named_with_the_command_that_installs_the_right_one(version: str, verdict: str) -> None:
    finding = mitmproxy_finding(version)
    assert finding.verdict == verdict
    if verdict == "problem":
        assert "mitmproxy==12.2.*" in finding.remedy


def test_this_environment_is_well(examine: Examine) -> None:
    assert [finding.verdict for finding in installation.check(examine())] == ["ok", "ok", "ok"]


def test_a_missing_package_is_named(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "zstandard":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    *_, last = installation.check(examine())
    assert (last.verdict, last.says) == ("problem", "missing: zstandard")
    assert "-m pip install zstandard" in last.remedy


def test_packages_of_extras_are_not_missed() -> None:
    assert "opentelemetry-sdk" not in installation.needed()
    assert "mitmproxy" in installation.needed()
