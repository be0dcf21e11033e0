"""What the tests have in common: the recorder that they start is the one that EXPARCHIVE names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "python"))

QUESTION = "" if sys.platform == "win32" else "?"  # which no file there has in its name


@pytest.fixture(scope="session")
def program() -> str:
    """The recorder."""
    if not os.environ.get("EXPARCHIVE"):
        pytest.exit("EXPARCHIVE has to name the program exparchive: make test-python does", returncode=2)
    return os.environ["EXPARCHIVE"]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python"))
    monkeypatch.setenv("PATH", os.path.dirname(os.path.abspath(program)), prepend=os.pathsep)


class Run:
    """exparchive with some arguments."""

    def __call__(self, *args: str, stdin: bytes = b"", code: int = 0) -> str:
        done = subprocess.run([os.environ["EXPARCHIVE"], *args], input=stdin, capture_output=True, check=False)
        assert done.returncode == code, done.stderr.decode()
        self.stderr = done.stderr.decode()
        return done.stdout.decode()

    def lines(self, path: str) -> list[dict[str, Any]]:
        """The lines of a run, as the program reads them."""
        return [json.loads(line) for line in self("export", path, "--format", "jsonl", "-o", "-").splitlines()]


@pytest.fixture
def exparchive() -> Run:
    return Run()


@pytest.fixture
def python(tmp_path: Path) -> Any:
    """Start a Python program of some lines that has the module; it gives the process."""

    def start(text: str, **options: Any) -> subprocess.Popen[bytes]:
        path = tmp_path / "program.py"
        path.write_text("import os, signal, sys, time, simexp\n" + text, encoding="utf-8")
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, str(path)], stdin=pipe, stdout=pipe, stderr=pipe, **options)

    return start
