"""How a run ends, and what is left when its recorder dies."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import simexp
from conftest import Run
from test_record import record

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are of POSIX")


def status(path: str = "run.simexp") -> tuple[str, list[str]]:
    with simexp.open(path) as archive:
        return archive.get_experiment_info()["status"], [f"{n['kind']}: {n['text']}" for n in archive.notes()]


@pytest.mark.parametrize(
    ("error", "want"),
    [
        (None, ("completed", [])),
        (SystemExit(0), ("completed", [])),
        (SystemExit(), ("completed", [])),
        (SystemExit(3), ("failed", ["exception: SystemExit: 3"])),
        (KeyboardInterrupt(), ("interrupted", [])),
        (ValueError("no\nluck"), ("failed", ["exception: ValueError: no\nluck"])),
    ],
)
def test_block(error: Any, want: Any) -> None:
    try:
        with record() as run:
            run.event(0, "e")
            if error:
                raise error
    except BaseException as e:
        assert e is error
    assert status() == want


def test_keep_and_resume(exparchive: Run) -> None:
    """A run that is kept goes on behind its last record."""
    with pytest.raises(ValueError), record(on_error="keep") as run:
        run.llm_interaction(0, "A", response="paid")
        raise ValueError("no luck")
    assert not os.path.exists("run.simexp") and status("run.simexp-live")[0] == "unfinished"
    stand = simexp.standing("run.simexp")
    assert (stand["run_id"], stand["records"], stand["last_iteration"]) == (run.run_id, 3, None)
    assert [a["response"] for a in simexp.answers("run.simexp")] == ["paid"]
    with simexp.Recorder.resume("run.simexp") as again:
        assert again.run_id == run.run_id and again.records == 3
        again.iteration(0)
    assert status() == ("completed", ["exception: ValueError: no luck"])
    assert len(exparchive.lines("run.simexp")) == 5


def test_drop_open() -> None:
    with pytest.raises(ValueError), record(on_error="keep") as run:
        run.iteration(0)
        run.event(1, "e")
        raise ValueError
    with simexp.Recorder.resume("run.simexp-live", drop_open=True) as run:
        run.event(1, "again")
    with simexp.open("run.simexp") as archive:
        assert [e["event_type"] for e in archive.events()] == ["again"]


def test_missing_and_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(simexp.RecorderError, match="/no/exparchive is not there; install exparchive"):
        record(exparchive="/no/exparchive")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("EXPARCHIVE")
    with pytest.raises(simexp.RecorderError, match="the program exparchive is not there"):
        record()


@posix
def test_other_programs(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then echo \'{"version":"v0.1"}\'; exit; fi\n'
        "echo 'exparchive: unknown flag: --acks' >&2; exit 2\n"
    )
    echo = tmp_path / "echo"
    echo.write_text("#!/bin/sh\necho hello; exec cat\n")
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    for path in (old, echo, silent):
        path.chmod(0o755)
    text = r"exit code 2: unknown flag: --acks; it may be older than this module: .*/old is version v0\.1$"
    with pytest.raises(simexp.RecorderError, match=text):
        record(exparchive=old)
    with pytest.raises(simexp.RecorderError, match="does not speak the protocol"):
        record(exparchive=echo)
    with pytest.raises(simexp.RecorderError, match="exit code 0"):
        record(exparchive=silent)
    unstartable = tmp_path / "text"
    unstartable.write_text("no program")
    unstartable.chmod(0o755)
    with pytest.raises(simexp.RecorderError, match="cannot be started"):
        record(exparchive=unstartable)
    assert not [name for name in os.listdir() if "unrecorded" in name]


def test_in_use() -> None:
    with record():
        with pytest.raises(simexp.RecorderError, match="recorded"):
            record()
        with pytest.raises(simexp.RecorderError):
            simexp.Recorder.resume("run.simexp")
    with pytest.raises(simexp.RecorderError):
        simexp.Recorder.resume("nothing.simexp")


def run_documented(error: simexp.RecorderError) -> None:
    """Run the command that an error names, as a person would."""
    command = re.search("`(.+)`", str(error))
    assert command, error
    text = command[1].replace("exparchive", shlex.quote(os.environ["EXPARCHIVE"]), 1)
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1 if there is no result among the lines
    assert b"differs" not in done.stderr, done.stderr


def answers_in(path: str) -> list[str]:
    with simexp.open(path) as archive:
        return [i["response"] for i in archive.llm_interactions()]


@posix
@pytest.mark.parametrize("seed", range(int(os.environ.get("EXPARCHIVE_KILLS", "8"))))
def test_kill(seed: int, exparchive: Run) -> None:
    """The recorder is killed at any moment: what it acknowledged is there, the rest is kept, nothing comes twice."""
    chance = random.Random(seed)
    events = chance.randrange(3000)
    run = record()
    killer = threading.Thread(target=lambda: run._pipe.process.send_signal(signal.SIGKILL))
    paid, sent = [], 0
    with pytest.raises(simexp.RecorderError, match="SIGKILL") as e:
        for i in range(100_000):
            if i == events:
                killer.start()
            sent = i
            run.event(i // 100, "e", {"i": i})
            if chance.random() < 0.01:
                run.llm_interaction(i // 100, "A", response=str(i))
                paid.append(str(i))
    killer.join()
    assert e.value.kept and not e.value.lines
    durable = answers_in("run.simexp-live")
    assert durable[: len(paid)] == paid  # at most one more, whose acknowledgement was lost
    with pytest.raises(simexp.RecorderError):  # it was paid for after the recorder died
        run.llm_interaction(0, "A", response="late")
    with pytest.raises(simexp.RecorderError):
        run.result(final_cost=1)
    run_documented(e.value)
    lines = exparchive.lines("run.simexp")
    got = [line["event_data"]["i"] for line in lines if line["type"] == "event"]
    assert got == list(range(len(got))) and len(got) in (sent, sent + 1)
    responses = [line["response"] for line in lines if line["type"] == "llm_interaction"]
    assert responses[: len(paid)] == paid and responses[-1] == "late" and len(responses) <= len(paid) + 2
    assert len(set(responses)) == len(responses)
    assert lines[-1]["type"] == "result" and not [line for line in lines if line["type"] == "attachment"]


@posix
def test_killed_at_once(exparchive: Run) -> None:
    """Nothing is kept of a run that had only begun."""
    run = record()
    run._pipe.process.kill()
    with pytest.raises(simexp.RecorderError, match="SIGKILL") as e:
        run.flush()
        while True:
            run.event(0, "e")
    assert e.value.kept == "run.simexp-unrecorded.jsonl"
    assert exparchive("resume", "run.simexp-live", "--json") and simexp.standing("run.simexp")["records"] == 1


@posix
def test_not_begun(tmp_path: Path) -> None:
    """A recorder that never took the experiment has kept nothing, and lines go to a new recording."""
    fake = tmp_path / "fake"
    fake.write_text(
        '#!/bin/sh\necho \'{"type":"recording","file":"run.simexp-live","records":0}\'; read line; exit 1\n'
    )
    fake.chmod(0o755)
    with pytest.raises(simexp.RecorderError) as e:
        record(exparchive=fake)
    assert e.value.kept is None and os.listdir() == ["fake"]


@posix
def test_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be beside the run, lines are kept where temporary files go, or in the error."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for gone in (False, True):
        folder = tmp_path / "folder"
        folder.mkdir()
        run = record(folder / "run.simexp")
        shutil.rmtree(folder)
        if gone:
            monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(simexp.RecorderError) as e:
            run.llm_interaction(0, response="paid")
        if gone:
            assert e.value.kept is None and b"paid" in b"".join(e.value.lines)
            assert "are in this error" in str(e.value)
        else:
            assert e.value.kept == str(tmp_path / "run.simexp-unrecorded.jsonl")
            assert b"paid" in Path(e.value.kept).read_bytes()


@pytest.fixture
def limited(tmp_path: Path) -> Path:
    """A recorder whose files have no room for more than half a megabyte."""
    path = tmp_path / "limited"
    path.write_text(f'#!/bin/sh\nulimit -f 1000\nexec {shlex.quote(os.environ["EXPARCHIVE"])} "$@"\n')
    path.chmod(0o755)
    return path


@posix
def test_full_while_waiting(limited: Path, exparchive: Run) -> None:
    """That events found no room is told of though nothing follows them."""
    run = record(exparchive=limited)
    for i in range(700):
        run.event(0, "e", {"i": i, "x": random.Random(i).randbytes(500).hex()})
    with pytest.raises(simexp.RecorderError) as e:
        run.flush()
    with pytest.raises(simexp.RecorderError):
        run.result()
    run_documented(e.value)
    got = [line["event_data"]["i"] for line in exparchive.lines("run.simexp") if line["type"] == "event"]
    assert got == list(range(700))


@posix
def test_disk_full(limited: Path, exparchive: Run) -> None:
    """A disk that is full is told of, and the lines are recorded when there is room, once."""
    run = record(exparchive=limited)
    count = 0
    with pytest.raises(simexp.RecorderError) as e:
        for count in range(10_000):
            run.event(0, "e", {"i": count, "x": random.Random(count).randbytes(500).hex()})
            if count % 10 == 0:
                run.note("k", "t")
    with pytest.raises(simexp.RecorderError):
        run.result()
    assert e.value.kept
    run_documented(e.value)
    got = [line["event_data"]["i"] for line in exparchive.lines("run.simexp") if line["type"] == "event"]
    assert got == list(range(len(got))) and len(got) in (count, count + 1) and count > 100


@posix
def test_stopped_recorder() -> None:
    """A recorder that takes nothing holds events up and lets no more than a bounded number wait."""
    run = record()
    run._pipe.process.send_signal(signal.SIGSTOP)
    done = []

    def flood() -> None:
        for i in range(40_000):
            run.event(0, "e", {"i": i})
        done.append(True)

    thread = threading.Thread(target=flood)
    thread.start()
    while not run._pipe.gates:  # until somebody waits for room
        time.sleep(0.01)
    assert not done and run._pipe.bytes <= simexp._MOST_BYTES + simexp._WRITE_BYTES
    assert run._pipe.queue.qsize() <= simexp._QUEUE_LINES + 1
    run._pipe.process.send_signal(signal.SIGCONT)
    thread.join()
    run.result()
    assert run.records == 40_002


PROGRAM = """
with simexp.Recorder("run.simexp", experiment="e", type="t") as run:
    run.iteration(0)
    print("ready", flush=True)
    while True:
        run.event(1, "e")
        time.sleep(0.001)
"""


@posix
def test_ctrl_c(python: Any, exparchive: Run) -> None:
    """Ctrl-C, which reaches all that the terminal has started, ends the run as interrupted."""
    process = python(PROGRAM, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert b"KeyboardInterrupt" in said and b"exparchive: " not in said, said
    assert status() == ("interrupted", [])


@posix
@pytest.mark.parametrize("sig", ["SIGKILL", "SIGTERM"])
def test_killed_program(sig: str, python: Any) -> None:
    """A program that is killed leaves a run that can be resumed; its recorder ends by itself."""
    process = python(PROGRAM)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.Signals[sig])
    process.communicate()
    while os.path.exists("run.simexp-live-wal"):  # until the recorder has noticed
        time.sleep(0.01)
    with simexp.Recorder.resume("run.simexp") as run:
        assert run.records >= 2


@posix
def test_interrupted_anywhere(python: Any, exparchive: Run) -> None:
    """A signal whose handler raises, wherever the program is, cuts no line in two and loses none that was sent."""
    process = python("""
class Alarm(Exception): pass
def ring(*_): raise Alarm
signal.signal(signal.SIGALRM, ring)
run = simexp.Recorder("run.simexp", experiment="e", type="t")
returned, rung = [], 0
for i in range(3000):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.00002 + i % 50 * 0.00001)
        if i % 20:
            run.event(0, "e", {"i": i})
        else:
            run.llm_interaction(0, response=str(i))
        signal.setitimer(signal.ITIMER_REAL, 0)
        returned.append(i)
    except Alarm:
        rung += 1
signal.setitimer(signal.ITIMER_REAL, 0)
run.result()
print(returned)
""")
    out, said = process.communicate()
    assert process.returncode == 0, said
    lines = exparchive.lines("run.simexp")
    got = [line["event_data"]["i"] if line["type"] == "event" else int(line["response"]) for line in lines[1:-1]]
    assert len(got) == len(set(got)) and sorted(got) == got
    assert set(json.loads(out)) <= set(got)


@posix
def test_fork(python: Any, exparchive: Run) -> None:
    """A fork that lives on holds up neither the recorder nor its end, and cannot record."""
    process = python("""
for how in ("fork", "multiprocessing"):
    with simexp.Recorder(how + ".simexp", experiment="e", type="t") as run:
        run.iteration(0)
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(write)
            for call in (lambda: run.event(0, "e"), run.flush, run.result, run.close):
                try:
                    call()
                    os._exit(1)
                except RuntimeError:
                    pass
            os.read(read, 1)  # until the parent has ended
            with run:
                pass
            os._exit(0)
        run.iteration(1)
    print(run.digest, flush=True)
""")
    out, said = process.communicate()
    assert process.returncode == 0 and len(out.split()) == 2, said
    for name in ("fork", "multiprocessing"):
        assert len(exparchive.lines(name + ".simexp")) == 4


@posix
def test_forgotten(python: Any) -> None:
    """A program that ends without a word on its run has recorded what it has sent."""
    process = python("""
run = simexp.Recorder("run.simexp", experiment="e", type="t")
for i in range(500):
    run.event(0, "e")
""")
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert simexp.standing("run.simexp")["records"] == 501


@posix
def test_flood(python: Any, exparchive: Run) -> None:
    """A hundred thousand events do not get stuck, and take no more memory than ten thousand."""
    most = []
    for count in (10_000, 100_000):
        process = python(f"""
import resource
with simexp.Recorder("{count}.simexp", experiment="e", type="t") as run:
    for i in range({count}):
        run.event(i // 1000, "evaluation", {{"total_cost": 10000, "i": i}})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
""")
        out, said = process.communicate()
        assert process.returncode == 0, said
        most.append(int(out) * (1 if sys.platform == "darwin" else 1024))
        assert json.loads(exparchive("info", f"{count}.simexp", "--json"))["counts"]["records"] == count + 2
    assert most[1] - most[0] < 24 << 20, most


def test_kept_file_is_private(tmp_path: Path) -> None:
    """The file with lines follows the umask, as the archive does."""
    path = tmp_path / "lines"
    simexp._append(str(path), b"x", os.O_CREAT | os.O_EXCL)
    assert not stat.S_IMODE(path.stat().st_mode) & 0o111
