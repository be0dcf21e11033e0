"""The tests that the original project planned for its providers and its repository pass, as they stand.

They are not part of this project: the environment variable EXPARCHIVE_ORIGINAL_TESTS names the folder where they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

FOLDER = os.environ.get("EXPARCHIVE_ORIGINAL_TESTS", "")
# It looks into the file with the engine of the original project.
OTHER_ENGINE = "test_creates_required_tables"


@pytest.mark.skipif(
    not FOLDER, reason="EXPARCHIVE_ORIGINAL_TESTS names no folder with the tests of the original project"
)
@pytest.mark.parametrize(
    ("name", "at_least", "skipped"), [("test_state_provider_core.py", 11, 3), ("test_experiment_repository.py", 11, 2)]
)
def test_original(name: str, at_least: int, skipped: int, tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT / "python" / "tests" / "original"), str(ROOT / "python")])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    command += ["--basetemp", str(tmp_path / "temp"), os.path.join(FOLDER, name), "-k", "not " + OTHER_ENGINE]
    env = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    said = done.stdout.decode()
    assert done.returncode == 0, said
    summary = said.strip().splitlines()[-1]
    passed = int(summary.split(" passed")[0].split()[-1])
    assert passed >= at_least and f"{skipped} skipped" in summary, said
