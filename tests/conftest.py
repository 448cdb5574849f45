"""What every room's tests share: the options of a test run."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A deadline is an assertion about speed, and slow drawing says only that the machine is busy.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="write the golden files beside the samples anew; read the difference before committing",
    )


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--accept"))
