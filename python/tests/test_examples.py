"""The programs in examples run and do what they say; the notebook gives the outputs that are in it."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simexp
from conftest import ROOT, Run

EXAMPLES = ROOT / "examples"


def run(*command: Any) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().replace(os.linesep, "\n")


def test_record(exparchive: Run) -> None:
    said = run(sys.executable, EXAMPLES / "record.py", "run.simexp")
    with simexp.open("run.simexp") as archive:
        assert said == f"run.simexp 11 records, digest {archive.get_experiment_info()['digest']}\n"
        assert [row["cost_cents"] for row in archive.costs()] == [5000, 4000, 3000]
    exparchive("verify", "run.simexp")
    lines = (EXAMPLES / "record.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 28, "it is to be short"


shell = pytest.mark.skipif(not shutil.which("sh"), reason="there is no shell of POSIX")


@shell
def test_shell(exparchive: Run) -> None:
    run("sh", EXAMPLES / "record.sh", "run.simexp")
    lines = exparchive.lines("run.simexp")
    assert [line["type"] for line in lines] == ["experiment", *["event", "iteration"] * 3, "result"]
    assert lines[-1]["final_cost"] == 3000


def test_piped(exparchive: Run) -> None:
    """The experiment that writes lines itself."""
    lines = run(sys.executable, EXAMPLES / "experiment.py", "2")
    exparchive("record", "-o", "run.simexp", stdin=lines.encode())
    assert len(exparchive.lines("run.simexp")) == 8


def test_follow() -> None:
    """What is recorded is shown while it is, and the end."""
    follow = [sys.executable, str(EXAMPLES / "follow.py"), "run.simexp"]
    with subprocess.Popen(follow, stdout=subprocess.PIPE) as process:
        assert process.stdout
        with simexp.Recorder("run.simexp", experiment="e", type="t") as recorder:
            for i in range(3):
                recorder.event(i, "evaluation", {"i": i})
                recorder.iteration(i)
                # It is shown before the next one comes.
                assert process.stdout.readline().decode().rstrip() == f"{1 + 2 * i} {i} evaluation {{'i': {i}}}"
            recorder.event(9, "last")
        assert process.stdout.read().decode().splitlines() == ["7 9 last None", "ended: completed"]
    assert process.returncode == 0


@shell
def test_sqlite() -> None:
    run(sys.executable, EXAMPLES / "record.py", "run.simexp")
    assert run("sh", EXAMPLES / "read_sqlite.sh", "run.simexp") == (
        "experiment_name status num_iterations final_cost\nexample completed 3 3000\n"
        "iteration agent_id cost_cents\n0 BANK_A 5000\n1 BANK_A 4000\n2 BANK_A 3000\n"
        "event_type events\nevaluation 3\n"
    )
    assert os.listdir() == ["run.simexp"]


def test_pandas() -> None:
    pytest.importorskip("pandas")
    run(sys.executable, EXAMPLES / "record.py", "run.simexp")
    said = run(sys.executable, EXAMPLES / "read_pandas.py", "run.simexp").split()
    assert said[:9] == ["agent_id", "BANK_A", "iteration", "0", "5000", "1", "4000", "2", "3000"]


def last_value(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and give what its last expression is, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return None


def words(text: str) -> str:
    """A text, whatever its line breaks: how a notebook breaks long values is its own affair."""
    return re.sub(r"\s+", " ", text).strip()


def test_notebook() -> None:
    pytest.importorskip("pandas")
    names: dict[str, Any] = {}
    shown = 0
    for cell in json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = last_value("".join(cell["source"]), names)
        got = [printed.getvalue(), "" if value is None else repr(value)]
        want = ["", ""]
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                want[0] += "".join(output["text"])
            else:
                want[1] += "".join(output["data"]["text/plain"])
            shown += 1
        assert [words(t) for t in got] == [words(t) for t in want]
    assert shown >= 4


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda p: p.name)
def test_python_version(path: Path) -> None:
    """The examples are for the oldest Python too."""
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
