"""The sender is killed with SIGKILL at each moment once; `python -m tools.crash.outbox` does so fifty times."""

from pathlib import Path

import pytest

from tests.services_for_tests import free_port
from tools.crash.outbox import Moment, run


@pytest.mark.timeout(180)
def test_nothing_is_lost_and_nothing_undone_arrives_when_the_sender_is_killed(
    sqlite_template: Path, tmp_path: Path
) -> None:
    (tmp_path / "elearn.db").write_bytes(sqlite_template.read_bytes())
    report = run(len(Moment), tmp_path, free_port())
    assert report.is_good, report
    # Killed after the server had it: there must be a copy, or the moment was missed and nothing was proved.
    assert report.copies_more >= 1
