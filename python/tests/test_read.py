"""What an Archive reads, and what it refuses."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import simexp
from conftest import QUESTION, Run
from test_record import record


@pytest.fixture
def exp1(exparchive: Run) -> str:
    """A run that this module did not record."""
    exparchive("run", "exp1", "-o", "exp1.simexp")
    return "exp1.simexp"


def table(exparchive: Run, sql: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(exparchive("query", "exp1.simexp", sql, "--format", "csv"))))[1:]


def test_protocol(exp1: str, exparchive: Run) -> None:
    """The methods give what the program itself reads from the file, and leave it as it is."""
    before = os.stat(exp1)
    lines = exparchive.lines(exp1)
    iterations = {line["iteration"]: line for line in lines if line["type"] == "iteration"}
    with simexp.open(exp1) as run:
        assert isinstance(run, simexp.StateProvider)
        info = run.get_experiment_info()
        assert info["run_id"] == run.run_id == lines[0]["run_id"]
        assert info["config"] == lines[0]["config"] and info["converged"] is True
        assert run.get_run_metadata()["created_at"] == lines[0]["created_at"]
        assert run.get_total_iterations() == info["num_iterations"] == len(iterations)
        assert run.get_iteration_numbers() == sorted(iterations)
        result = run.get_final_result()
        assert result is not None
        assert {**result, "type": "result"} == {**lines[-1], "num_iterations": len(iterations)}
        for number, line in iterations.items():
            assert run.get_iteration_costs(number) == line["costs_per_agent"]
            assert run.get_iteration_policies(number) == line["policies"]
            assert run.get_iteration_accepted_changes(number) == line["accepted_changes"]
            events = [e for e in lines if e["type"] == "event" and e["iteration"] == number]
            assert [e["event_data"] for e in run.get_iteration_events(number)] == [e["event_data"] for e in events]
        assert all(type(row["cost_cents"]) is int for row in run.costs())
        assert len(list(run.costs())) == sum(len(line["costs_per_agent"]) for line in iterations.values())
        assert len(run.get_all_events()) == sum(line["type"] == "event" for line in lines)
        calls = [line for line in lines if line["type"] == "llm_interaction"]
        assert [i["user_prompt"] for i in run.llm_interactions()] == [i["user_prompt"] for i in calls]
        assert [i["parsed_policy"] for i in run.llm_interactions()] == [i.get("parsed_policy") for i in calls]
        assert len(list(run.llm_interactions(4))) == sum(i["iteration"] == 4 for i in calls)
        assert [n["text"] for n in run.notes()] == [line["text"] for line in lines if line["type"] == "note"]
        (name,) = [a["name"] for a in run.attachments()]
        exparchive("attachments", "extract", exp1, name, "-o", "extracted")
        path = Path("extracted")
        assert run.attachment(name) == (path if path.is_file() else path / name).read_bytes()
        with pytest.raises(KeyError):
            run.attachment("nothing")
    after = os.stat(exp1)
    assert (before.st_mtime_ns, before.st_size, before.st_mode) == (after.st_mtime_ns, after.st_size, after.st_mode)
    assert not [name for name in os.listdir() if name.startswith("exp1.simexp-")]


def test_rows(exp1: str, exparchive: Run) -> None:
    """The iterators give the rows of the views that SQL gives."""
    with simexp.open(exp1) as run:
        costs = [[str(r["iteration"]), r["agent_id"], str(r["cost_cents"])] for r in run.costs()]
        assert costs == table(exparchive, "SELECT iteration, agent_id, cost_cents FROM costs ORDER BY 1, 2")
        accepted = [[str(r["iteration"]), r["agent_id"], str(int(r["accepted"]))] for r in run.accepted_changes()]
        sql = "SELECT iteration, agent_id, accepted FROM accepted_changes ORDER BY 1, 2"
        assert accepted == table(exparchive, sql)
        assert len(list(run.policies())) == len(table(exparchive, "SELECT 1 FROM policies"))
        (row,) = run.query("SELECT count(*) AS n FROM experiment_events WHERE iteration >= ?", 3)
        ids = [e["id"] for e in run.events()]
        assert ids == sorted(ids) and row["n"] == sum(e["iteration"] >= 3 for e in run.events())
        assert [e["id"] for e in run.events(after=ids[9])] == ids[10:]
        with pytest.raises(simexp.ArchiveError, match=r"attempt to write|readonly"):
            list(run.query("DELETE FROM z_event"))


def test_pandas(exp1: str) -> None:
    pandas = pytest.importorskip("pandas")
    with simexp.open(exp1) as run:
        costs = pandas.DataFrame(run.costs())
        assert list(costs.columns) == ["iteration", "agent_id", "cost_cents"]
        assert str(costs["cost_cents"].dtype) == "int64"
        assert len(pandas.DataFrame(run.events())) == len(run.get_all_events())
        assert set(pandas.DataFrame(run.llm_interactions())["agent_id"]) == {"BANK_A", "BANK_B"}


def test_numbers_of_iterations() -> None:
    """Iterations go by their numbers; one that there is not is an error that says which there are."""
    with record() as run:
        run.event(7, "e", {"iteration": 99, "event_type": "other", "x": 1})
        run.iteration(5, costs_per_agent={"A": 1})
        run.iteration(1)
    with simexp.open("run.simexp") as archive:
        assert archive.get_iteration_numbers() == [1, 5]
        assert archive.get_iteration_costs(1) == {} and archive.get_iteration_events(1) == []
        for call in (archive.get_iteration_costs, archive.get_iteration_policies, archive.get_iteration_events):
            with pytest.raises(simexp.NoIterationError, match="no iteration 0 was recorded: they go from 1 to 5"):
                call(0)
        with pytest.raises(simexp.NoIterationError):
            archive.get_iteration_costs(-1)
        (event,) = archive.get_iteration_events(7)
        assert (event["iteration"], event["event_type"], event["x"]) == (7, "e", 1)
        assert event["event_data"] == {"iteration": 99, "event_type": "other", "x": 1}


def test_unfinished() -> None:
    """A recording is read while it grows, and what it has not is None."""
    with record() as run:
        with pytest.raises(FileNotFoundError, match=r"run\.simexp-live: open that"):
            simexp.open("run.simexp")
        with simexp.open("run.simexp-live") as archive:
            assert not archive.sealed and archive.get_final_result() is None
            with pytest.raises(simexp.NoIterationError, match="there are none"):
                archive.get_iteration_costs(0)
            run.event(0, "e", {"n": 1})
            run.iteration(0, costs_per_agent={"A": 2**53 + 1})
            assert archive.get_iteration_costs(0) == {"A": 2**53 + 1}
            assert [e["n"] for e in archive.get_all_events()] == [1]
    with simexp.open("run.simexp") as archive:
        assert archive.sealed


def test_withheld(exp1: str, exparchive: Run) -> None:
    """What was taken out of a copy is neither empty nor absent."""
    exparchive("redact", exp1, "--field", "costs_per_agent,policies,user_prompt", "-o", "public.simexp")
    with simexp.open("public.simexp") as run:
        for call in (
            lambda: run.get_iteration_costs(0),
            lambda: run.get_iteration_policies(0),
            lambda: list(run.costs()),
        ):
            with pytest.raises(simexp.WithheldError, match="iteration 0 was withheld"):
                call()
        assert run.get_iteration_accepted_changes(0)
        assert {i["withheld"] for i in run.llm_interactions()} == {"user_prompt"}


def newer(data: bytes) -> bytes:
    return data[:60] + (7).to_bytes(4, "big") + data[64:]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (lambda _: b"", "does not begin as a SQLite database does"),
        (lambda _: b"\x89PNG" * 100, "does not begin as a SQLite database does"),
        (newer, "schema version 7, newer than the 1 that this module reads"),
        (lambda data: data[:68] + bytes(4) + data[72:], "a SQLite database, but no archive of a run"),
        (lambda data: data[:4096] + b"\xff" * 8192, "exparchive verify"),
        (lambda data: data[:2000], "exparchive verify"),
    ],
)
def test_no_archive(change: Any, says: str, exp1: str) -> None:
    Path("bad.simexp").write_bytes(change(Path(exp1).read_bytes()))
    with pytest.raises(simexp.ArchiveError, match=says), simexp.open("bad.simexp") as run:
        list(run.events())


def test_packed(exp1: str, exparchive: Run) -> None:
    exparchive("pack", exp1)
    with pytest.raises(simexp.ArchiveError, match=r"packed with zstd; `exparchive unpack exp1.simexp.zst` makes"):
        simexp.open("exp1.simexp.zst")
    with pytest.raises(FileNotFoundError):
        simexp.open("nothing.simexp")


@pytest.mark.parametrize("name", ["a b.simexp", "実験.simexp", f"100%25{QUESTION}mode=rw#&.simexp"])
def test_names(name: str, exp1: str) -> None:
    Path("folder é").mkdir()
    for path in (Path(name), Path("folder é") / name):
        shutil.copy(exp1, path)
        with simexp.open(path) as run:
            assert run.get_total_iterations() == 14
    assert os.listdir("folder é") == [name]
