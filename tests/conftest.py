"""Settings of the whole test suite: determinism, one BLAS thread, and no test file that silently skips itself."""

from __future__ import annotations

import os
from collections import defaultdict

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # before NumPy is imported: threads change the last bits

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


class SkippedFamilies:
    """Fails the run if every test that ran in some file was skipped: such a file checks nothing.

    Tests with the marker `gpu` may skip: no device may be at hand.
    """

    def __init__(self) -> None:
        self.skipped: dict[str, list[bool]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            excused = "gpu" in report.keywords or hasattr(report, "wasxfail")
            self.skipped[report.nodeid.split("::")[0]].append(report.skipped and not excused)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped and report.nodeid.endswith(".py"):
            self.skipped[report.nodeid].append(True)

    def families(self) -> list[str]:
        return sorted(file for file, outcomes in self.skipped.items() if all(outcomes))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.families() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for file in self.families():
            terminalreporter.write_line(f"FAILED {file}: every test was skipped", red=True)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # under xdist only the controller sees every report
        config.pluginmanager.register(SkippedFamilies(), "skipped-families")
