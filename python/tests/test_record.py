"""What a Recorder records, and what it refuses."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import simexp
from conftest import QUESTION, Run


def record(path: Any = "run.simexp", **more: Any) -> simexp.Recorder:
    return simexp.Recorder(path, experiment="exp1", type="demo", **more)


def test_everything(exparchive: Run) -> None:
    Path("config.yaml").write_bytes(b"seed: 42\n")
    with record(config={"seed": 42, "ü": None}, run_id="r-1", created_at="2026-01-05T09:00:00") as run:
        run.event(0, "evaluation", {"b": 1.5, "a": [1, None, "é\n"]}, timestamp="2026-01-05T09:00:01")
        run.llm_interaction(
            0,
            "BANK_A",
            model="m",
            system_prompt="s",
            user_prompt="u",
            response="",
            parsed_policy={"f": 0.4},
            parsing_error="none",
            prompt_tokens=2**53 + 1,
            completion_tokens=0,
            latency_seconds=8.25,
            timestamp="2026-01-05T09:00:02",
            extra={"k": 1},
        )
        run.iteration(
            0,
            costs_per_agent={"BANK_A": 2**53 + 1, "BANK_B": -5},
            accepted_changes={"BANK_A": True, "BANK_B": False},
            policies={"BANK_A": {"f": 0.4}},
            timestamp="2026-01-05T09:00:03",
        )
        run.note("doubtful", "half", subject="/final_cost")
        run.attach("config.yaml")
        run.attach(b"\x00\xff", name="a/b.bin", media_type="application/octet-stream")
        run.result(
            "completed",
            converged=True,
            convergence_reason="stable",
            final_cost=2**53 + 1,
            best_cost=0,
            completed_at="2026-01-05T09:00:04",
        )
    assert exparchive("verify", "run.simexp") == f"run.simexp: ok, 8 records, digest {run.digest}\n"
    assert (run.records == 8 and os.listdir() == ["run.simexp", "config.yaml"]) or set(os.listdir()) == {
        "run.simexp",
        "config.yaml",
    }
    assert exparchive.lines("run.simexp") == [
        {
            "type": "experiment",
            "run_id": "r-1",
            "experiment_name": "exp1",
            "experiment_type": "demo",
            "config": {"seed": 42, "ü": None},
            "created_at": "2026-01-05T09:00:00",
        },
        {
            "type": "event",
            "iteration": 0,
            "event_type": "evaluation",
            "timestamp": "2026-01-05T09:00:01",
            "event_data": {"b": 1.5, "a": [1, None, "é\n"]},
        },
        {
            "type": "llm_interaction",
            "iteration": 0,
            "agent_id": "BANK_A",
            "model": "m",
            "system_prompt": "s",
            "user_prompt": "u",
            "response": "",
            "parsed_policy": {"f": 0.4},
            "parsing_error": "none",
            "prompt_tokens": 2**53 + 1,
            "completion_tokens": 0,
            "latency_seconds": 8.25,
            "timestamp": "2026-01-05T09:00:02",
            "extra": {"k": 1},
        },
        {
            "type": "iteration",
            "iteration": 0,
            "costs_per_agent": {"BANK_A": 2**53 + 1, "BANK_B": -5},
            "accepted_changes": {"BANK_A": True, "BANK_B": False},
            "policies": {"BANK_A": {"f": 0.4}},
            "timestamp": "2026-01-05T09:00:03",
        },
        {"type": "note", "kind": "doubtful", "subject": "/final_cost", "text": "half"},
        {"type": "attachment", "name": "config.yaml", "data": "c2VlZDogNDIK"},
        {"type": "attachment", "name": "a/b.bin", "media_type": "application/octet-stream", "data": "AP8="},
        {
            "type": "result",
            "completed_at": "2026-01-05T09:00:04",
            "status": "completed",
            "converged": True,
            "convergence_reason": "stable",
            "final_cost": 2**53 + 1,
            "best_cost": 0,
        },
    ]


def on_disk(view: str) -> int:
    """How many rows another program sees in the live file."""
    with sqlite3.connect("file:run.simexp-live?mode=ro", uri=True) as db:
        return int(db.execute(f"SELECT count(*) FROM {view}").fetchone()[0])


def test_durable() -> None:
    """What must be on disk when a method returns is, and an event when flush does."""
    with record() as run:
        assert on_disk("experiments") == 1
        run.llm_interaction(0, response="paid")
        assert on_disk("llm_interactions") == 1
        run.iteration(0)
        assert on_disk("experiment_iterations") == 1
        run.note("k", "t")
        assert on_disk("notes") == 1
        run.attach(b"", name="n")
        assert on_disk("attachments") == 1
        run.event(1, "e")
        run.flush()
        assert on_disk("experiment_events") == 1
        run.event(1, "e")
        run.llm_interaction(1)
        assert on_disk("experiment_events") == 2
        assert run.records == 8


@pytest.mark.parametrize(
    "money", [10.0, float("nan"), True, "100", None, 2**63, -(2**63) - 1, b"1", [1]], ids=lambda m: repr(m)
)
def test_money(money: Any, exparchive: Run) -> None:
    """What is no whole number of cents is refused before anything is sent, and the run goes on."""
    with record() as run:
        with pytest.raises(simexp.MoneyError, match="the cost of agent 'B' is"):
            run.iteration(0, costs_per_agent={"A": 1, "B": money})
        if money is not None:
            with pytest.raises(simexp.MoneyError, match="the final cost is"):
                run.result(final_cost=money)
            with pytest.raises(simexp.MoneyError, match="the best cost is"):
                run.result(best_cost=money)
        run.iteration(0, costs_per_agent={"A": 2**63 - 1, "B": -(2**63)})
    assert [line["type"] for line in exparchive.lines("run.simexp")] == ["experiment", "iteration", "result"]
    with simexp.open("run.simexp") as archive:
        assert archive.get_iteration_costs(0) == {"A": 2**63 - 1, "B": -(2**63)}


def test_integers_of_others() -> None:
    """An integer of another type, such as numpy's, is one."""

    class Int64:
        def __index__(self) -> int:
            return 7

    with record() as run:
        run.iteration(Int64(), costs_per_agent={"A": Int64()})  # type: ignore[arg-type, dict-item]
    with simexp.open("run.simexp") as archive:
        assert archive.get_iteration_costs(7) == {"A": 7}


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.event(0, "e", {"x": float("nan")}),
        lambda r: r.event(0, "e", {"x": "\ud800"}),
        lambda r: r.event(0, "e", {"x": object()}),
        lambda r: r.event(-1, "e"),
        lambda r: r.event(2**31, "e"),
        lambda r: r.event(0.0, "e"),
        lambda r: r.event(True, "e"),
        lambda r: r.iteration(0, accepted_changes={"A": "no"}),
        lambda r: r.iteration(0, policies={"": 1}),
        lambda r: r.iteration(0, costs_per_agent={1: 1}),
        lambda r: r.attach(b"no name"),
        lambda r: r.result("running"),
    ],
)
def test_refused(call: Any, exparchive: Run) -> None:
    """What can be known to be wrong is refused where it is said, and not sent."""
    with record() as run, pytest.raises((TypeError, ValueError)):
        call(run)
    assert [line["type"] for line in exparchive.lines("run.simexp")] == ["experiment", "result"]


@pytest.mark.parametrize("wrong", [{"parsed_policy": float("nan")}, {"response": "\ud800"}, {"extra": {"a": object()}}])
def test_paid_for(wrong: dict[str, Any], exparchive: Run) -> None:
    """An answer that is no record is kept all the same, and the run goes on."""
    with record() as run:
        with pytest.raises(simexp.RejectedError, match="kept as the attachment rejected/2") as e:
            run.llm_interaction(0, **{"user_prompt": "precious", **wrong})
        run.llm_interaction(0, response="next")
    assert e.value.attachment == "rejected/2"
    with simexp.open("run.simexp") as archive:
        assert b"precious" in archive.attachment("rejected/2")
        assert [i["response"] for i in archive.llm_interactions()] == ["next"]


def test_paid_for_unspeakable() -> None:
    """An answer is kept also beside a policy that JSON has no form for, whatever is wrong with it."""

    class Mute:
        def __repr__(self) -> str:
            raise AttributeError("mute")

    itself: dict[str, Any] = {}
    itself["itself"] = itself
    deep: Any = 0
    for _ in range(100000):
        deep = [deep]
    wrong = [{("A", "B"): 0.4}, itself, deep, Mute(), {("A",): Mute()}]
    with record() as run:
        for number, policy in enumerate(wrong, 2):
            with pytest.raises(simexp.RejectedError, match=f"kept as the attachment rejected/{number}") as e:
                run.llm_interaction(0, response="precious", parsed_policy=policy)
            assert e.value.attachment == f"rejected/{number}"
        run.llm_interaction(0, response="next")
    with simexp.open("run.simexp") as archive:
        for number in range(2, 2 + len(wrong)):
            assert b'"response":"precious"' in archive.attachment(f"rejected/{number}")
        assert b"('A', 'B'): 0.4" in archive.attachment("rejected/2")
        assert [i["response"] for i in archive.llm_interactions()] == ["next"]


def test_rejected_event(caplog: pytest.LogCaptureFixture) -> None:
    """An event that the recorder rejects is warned of, and raised when the archive is sealed."""
    deep: Any = 0
    for _ in range(600):
        deep = [deep]
    says = r"line 2, an event, could not be recorded: .*rejected/2"
    with caplog.at_level(logging.WARNING), pytest.raises(simexp.RejectedError, match=says), record() as run:
        run.event(0, "e", deep)
        run.llm_interaction(0)
        run.result()
    assert "rejected/2" in caplog.text
    with simexp.open("run.simexp") as archive:
        assert archive.get_final_result() is not None


@pytest.mark.parametrize("wrong", [{"experiment": ""}, {"type": ""}, {"run_id": "x" * 5000}, {"config": 600}])
def test_wrong_experiment(wrong: dict[str, Any]) -> None:
    """A run that cannot begin is an error at once, and nothing is left of it."""
    config: Any = 0
    for _ in range(wrong.pop("config", 0)):
        config = [config]
    with pytest.raises(simexp.RejectedError, match=r"line 1, the experiment, could not be recorded: .*; .* not kept"):
        simexp.Recorder("run.simexp", **{"experiment": "e", "type": "t", "config": config, **wrong})
    assert os.listdir() == []


def test_repeated_iteration() -> None:
    with record() as run:
        run.iteration(3)
        with pytest.raises(simexp.RejectedError, match="iteration"):
            run.iteration(3)


@pytest.mark.parametrize(
    "name", ["a b.simexp", "naïve-実験.simexp", f"100%{QUESTION}#&.simexp", "-o.simexp", "it's.simexp"]
)
def test_names(name: str, exparchive: Run) -> None:
    for path in (Path(name), Path.cwd() / "sub folder" / name):
        path.parent.mkdir(exist_ok=True)
        with record(path) as run:
            run.iteration(0, costs_per_agent={"A": 1})
        with simexp.open(path) as archive:
            assert archive.get_iteration_costs(0) == {"A": 1}
        with pytest.raises(simexp.RecorderError, match="exists"):
            record(path)
        with record(path, force=True) as run:
            pass
    assert sorted(os.listdir()) == sorted([name, "sub folder"])


def test_after_the_result() -> None:
    run = record()
    run.result()
    with pytest.raises(simexp.SimexpError, match="has its result"):
        run.event(0, "e")
    with pytest.raises(simexp.SimexpError, match="has its result"):
        run.result()


def test_threads(exparchive: Run) -> None:
    """Several threads record at the same time; each sees its own records in order."""

    def work(agent: int) -> None:
        for i in range(50):
            run.event(i, "e", {"agent": agent, "i": i})
            if i % 10 == 0:
                run.llm_interaction(i, str(agent), response=str(i))

    with record() as run:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    lines = exparchive.lines("run.simexp")
    assert len(lines) == 2 + 8 * 55
    for agent in range(8):
        mine = [e["event_data"]["i"] for e in lines if e["type"] == "event" and e["event_data"]["agent"] == agent]
        assert mine == list(range(50))


def test_salt(exparchive: Run) -> None:
    with record(salt=True):
        pass
    assert len(exparchive.lines("run.simexp")[0]["salt"]) == 64
