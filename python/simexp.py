"""Record experiment runs into .simexp archives, and read them.

An archive is one file that holds one run of an experiment: events, calls of language models, what each iteration cost
and changed. It is written by the program exparchive, which this module starts::

    with simexp.Recorder("run.simexp", experiment="exp1", type="demo", config={"seed": 42}) as run:
        run.event(0, "evaluation", {"total_cost": 10000})
        run.llm_interaction(0, "BANK_A", user_prompt="cheaper?", response="...", parsed_policy={"f": 0.4})
        run.iteration(0, costs_per_agent={"BANK_A": 5000})

and read by Python's own SQLite, without that program::

    with simexp.open("run.simexp") as run:
        print(run.get_iteration_costs(0))
        frame = pandas.DataFrame(run.costs())

Money is whole cents, as int, everywhere: a float is refused before anything is sent. The module needs Python 3.9 or
newer and the standard library; PROTOCOL.md of exparchive describes what it says to the recorder.
"""

from __future__ import annotations

import atexit
import base64
import builtins
import json
import logging
import operator
import os
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.parse
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Optional, Protocol, Union, runtime_checkable

__all__ = [
    "Archive",
    "ArchiveError",
    "MoneyError",
    "NoIterationError",
    "Recorder",
    "RecorderError",
    "RejectedError",
    "SimexpError",
    "StateProvider",
    "WithheldError",
    "answers",
    "open",
    "standing",
]
__version__ = "1.0"

Path = Union[str, "os.PathLike[str]"]
Row = dict[str, Any]

_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_log = logging.getLogger("simexp")
_WINDOWS = sys.platform == "win32"


class SimexpError(Exception):
    """What the errors of this module have in common."""


class MoneyError(SimexpError, ValueError):
    """An amount is not a whole number of cents in 64 bits. Nothing was sent."""


class RejectedError(SimexpError, ValueError):
    """The recorder could not record a line, and keeps it in the run byte for byte as an attachment.

    attachment is its name, and text says what is wrong with the line.
    """

    def __init__(self, what: str, text: str, attachment: Optional[str]) -> None:
        where = f"; the line is kept as the attachment {attachment}" if attachment else "; the line is not kept"
        super().__init__(f"{what} could not be recorded: {text}{where}")
        self.text = text
        self.attachment = attachment


class RecorderError(SimexpError):
    """The recorder could not be started, or has ended before the run was recorded.

    kept is the file with the lines that it did not acknowledge, None if there are none. lines are those that could not
    be kept in a file either.
    """

    def __init__(self, text: str, kept: Optional[str] = None, lines: Iterable[bytes] = ()) -> None:
        super().__init__(text)
        self.kept = kept
        self.lines = list(lines)


class ArchiveError(SimexpError):
    """A file is no archive that this module can read."""


class NoIterationError(SimexpError, LookupError):
    """A run has no iteration of that number."""


class WithheldError(SimexpError):
    """A value was taken out of this copy of the run; exparchive reveal puts it back."""


# Recording


class _Line:
    """A line on its way to the recorder."""

    __slots__ = ("attachment", "error", "number", "state", "text", "what")

    def __init__(self, what: str, text: bytes) -> None:
        self.what = what
        self.text = text
        self.number = 0  # that of the protocol, from 1, when it is sent
        self.state = _WAITING
        self.error: Optional[str] = None  # why it was rejected
        self.attachment: Optional[str] = None


_WAITING, _DURABLE, _KEPT = range(3)  # kept: not recorded, since the recorder has ended

_MOST_BYTES = 8 << 20  # of lines that wait for their acknowledgement; the recorder writes events at 1 MiB
_MOST_LINES = 16384  # and at 4000 of them
_QUEUE_LINES = 1000  # that wait to be written
_WRITE_BYTES = 1 << 16  # that are written at once; a line that has more is in the queue alone
_STDERR_LINES = 50  # that are kept for an error
# Python on Windows does not interrupt a wait that has no end.
_WAIT = 0.2 if _WINDOWS else -1


class _Pipe:
    """A recorder that runs, the lines on their way to it, and what it acknowledges.

    The caller puts lines into a queue, and takes no lock: a signal that raises an exception, as Ctrl-C does, may come
    anywhere, and cuts no line in two. One thread writes the lines, another reads the acknowledgements, so that a full
    pipe holds up neither. When the recorder has ended the latter keeps lines in a file.
    """

    def __init__(self, command: list[str], path: str) -> None:
        self.path = path
        self.program = command[0]
        self.pid = os.getpid()
        self.queue: queue.SimpleQueue[Optional[_Line]] = queue.SimpleQueue()  # None: no more lines come
        self.last: Optional[_Line] = None  # that was put into it
        self.closing = False
        self.gates: deque[threading.Lock] = deque()  # of those who wait
        # Of the threads:
        self.lock = threading.Lock()  # holds pending and bytes
        self.pending: deque[_Line] = deque()  # sent, and not acknowledged
        self.bytes = 0  # of them
        self.sent = 0  # lines
        self.result: Optional[_Line] = None  # that was sent
        self.begun: Row = {}  # what the recorder said first
        self.outcome: Row = {}  # and last
        self.records = 0  # of the run that were acknowledged
        self.run_id = ""
        self.rejected: list[RejectedError] = []  # events
        self.stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self.failure: Optional[str] = None  # why not all was recorded
        self.over = False  # the recorder has ended
        self.kept: Optional[str] = None  # the file with what it did not acknowledge
        self.kept_lines = 0
        self.lost: list[bytes] = []  # what could not be kept there
        self.lost_why = ""
        # Out of reach of the terminal's signals: it ends when the lines do, whatever becomes of this process.
        detached: dict[str, Any] = (
            {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
            if _WINDOWS
            else {"start_new_session": True}
        )
        pipe = subprocess.PIPE
        try:
            self.process = subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, **detached)
        except OSError as e:
            raise RecorderError(f"{self.program} cannot be started: {e.strerror or e}; {_INSTALL}") from e
        _pipes.add(self)
        self.writer = threading.Thread(target=self._write, name="simexp-write", daemon=True)
        self.says = threading.Thread(target=self._read_stderr, name="simexp-stderr", daemon=True)
        self.reader = threading.Thread(target=self._read, name="simexp-read", daemon=True)
        for thread in (self.writer, self.says, self.reader):
            thread.start()

    # What the caller does

    def send(self, line: _Line) -> None:
        """Give a line to the recorder, once there is room for it. Interrupted, it may be sent all the same."""
        self.check()
        if self._full(line):
            self.until(lambda: self.over or not self._full(line))
        self.queue.put(line)
        self.last = line
        if self.over:
            self.wait(line)

    def _full(self, line: _Line) -> bool:
        waiting = self.queue.qsize()
        if self.bytes > _MOST_BYTES or len(self.pending) > _MOST_LINES or waiting > _QUEUE_LINES:
            return True
        return waiting > 0 and len(line.text) > _WRITE_BYTES

    def wait(self, line: _Line) -> None:
        """Wait until a line is on disk. It may have been rejected."""
        self.until(lambda: line.state != _WAITING)
        if line.state == _KEPT:
            raise self.error()

    def close(self) -> None:
        """Say that no more lines come, and wait for the end of the recorder."""
        self.check()
        if not self.closing:
            self.queue.put(None)
            self.closing = True
        self.until(lambda: self.over)

    def check(self) -> None:
        """Refuse to work in a fork, where there are no threads."""
        if os.getpid() != self.pid:
            raise RuntimeError("the recorder belongs to the process that started it, and this is a fork of it")

    def until(self, so: Callable[[], bool]) -> None:
        """Wait until something is so. What changes it has to wake who waits."""
        while not so():
            gate = threading.Lock()
            gate.acquire()
            self.gates.append(gate)
            if so():
                return
            gate.acquire(timeout=_WAIT)

    def error(self) -> RecorderError:
        """What is to be said of a recorder that has ended."""
        text = f"{self.path}: {self.failure or 'the recording has ended'}"
        if self.kept:
            live = self.begun.get("file", self.path + "-live")
            how = f"resume {_quote(live)}" if self.records > 0 else f"record -o {_quote(self.path)}"
            count = "1 line that was" if self.kept_lines == 1 else f"{self.kept_lines} lines that were"
            text += f"; {count} not acknowledged: {self.kept}; `exparchive {how} < {_quote(self.kept)}` records them"
        if self.lost:
            text += f"; {len(self.lost)} lines could not be kept in a file ({self.lost_why}) and are in this error"
        return RecorderError(text, self.kept, self.lost)

    # What the threads do

    def _wake(self) -> None:
        while self.gates:
            self.gates.popleft().release()

    def _write(self) -> None:
        """Write lines until there are no more. Those that a recorder does not take that has ended stay in pending."""
        assert self.process.stdin
        more, broken = True, False
        while more:
            batch, size = [], 0
            line = self.queue.get()
            while line is not None:
                # Who was interrupted while he ended the run may end it again.
                if line.what != "result" or self.result is None:
                    batch.append(line)
                    size += len(line.text)
                if line.what == "result":
                    self.result = self.result or line
                if size >= _WRITE_BYTES or self.queue.empty():
                    break
                line = self.queue.get()
            more = line is not None
            with self.lock:
                for one in batch:
                    self.sent += 1
                    one.number = self.sent
                self.pending.extend(batch)
                self.bytes += size
            self._wake()
            text = memoryview(b"".join([one.text for one in batch]))
            try:
                while text and not broken:
                    text = text[self.process.stdin.write(text) or 0 :]
            except (OSError, ValueError):  # it has ended
                broken = True
        try:
            self.process.stdin.close()
        except OSError:
            pass

    def _read_stderr(self) -> None:
        for text in self._lines(self.process.stderr):
            said = text.decode("utf-8", "replace").rstrip()
            self.stderr.append(said)
            if self.begun:  # before that it is an error, which is raised
                _log.warning("%s", said)

    def _read(self) -> None:
        """Read what the recorder says until it has ended; then keep the lines that it did not acknowledge."""
        try:
            for text in self._lines(self.process.stdout):
                with self.lock:
                    self._take(json.loads(text))
                self._wake()
        except (ValueError, LookupError, TypeError) as e:
            self.failure = f"{self.program} does not speak the protocol of exparchive record --acks: {e!r}"
            self.process.kill()
        code = self.process.wait()
        self.says.join()
        self.queue.put(None)
        self.writer.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        sealed = self.outcome.get("state") == "sealed" or self._sealed()
        if not sealed and self.failure is None:
            self.failure = self._ended(code)
        rest = list(self.pending)
        self.pending.clear()
        self.bytes = 0
        if sealed:
            for line in rest:
                line.state = _DURABLE
        elif any(line.what != "experiment" for line in rest):  # else nothing has been paid for
            self._keep(rest)
        for line in rest:
            line.state = line.state or _KEPT
        self.over = True
        self._wake()
        while True:
            late = self.queue.get()
            if late is not None:
                self._keep([late])
                late.state = _KEPT
                self._wake()

    @staticmethod
    def _lines(pipe: Any) -> Iterator[bytes]:
        rest = b""
        while True:
            part = os.read(pipe.fileno(), 1 << 16)
            if not part:
                break
            *whole, rest = (rest + part).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def _take(self, said: Row) -> None:
        """Take one object that the recorder has said."""
        kind = said["type"]
        if not self.begun and kind != "recording":
            raise ValueError(f"it began with {kind}")
        if kind == "recording":
            self.records = said["records"]
            self.run_id = said.get("run_id", "")
            self.begun = said
        elif kind == "ack":
            self.records = said["records"]
            while self.pending and self.pending[0].number <= said["line"]:
                line = self.pending.popleft()
                line.state = _DURABLE
                self.bytes -= len(line.text)
        elif kind == "waiting":  # for a run that will not begin
            line = self.pending[said["line"] - self.pending[0].number]
            line.error, line.state = said["error"], _KEPT
        elif kind == "rejected":
            line = self.pending[said["line"] - self.pending[0].number]
            line.error, line.attachment = said["error"], said.get("attachment")
            if line.what == "event":
                self.rejected.append(RejectedError(f"line {line.number}, an event,", said["error"], line.attachment))
                _log.warning("%s: %s", self.path, self.rejected[-1])
        elif kind == "failed":  # it waits for the end of the lines
            self.failure = said["error"]
            self.queue.put(None)
        elif kind == "end":
            self.outcome = said

    def _sealed(self) -> bool:
        """Whether the archive was sealed though its recorder did not live to say so."""
        live = self.begun.get("file", "")
        return bool(live) and self.result is not None and not os.path.exists(live) and os.path.exists(self.path)

    def _ended(self, code: int) -> str:
        """How the recorder ended, and what it said."""
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = "no name"
            how = f"the recorder was ended by signal {-code} ({name})"
        else:
            how = f"the recorder ended with exit code {code}"
        if self.stderr:
            how += ": " + "; ".join(s.replace("exparchive: ", "", 1) for s in list(self.stderr)[-3:])
        if code == 2 and not self.begun:  # used wrongly
            how += f"; it may be older than this module: {self.program} is {_version(self.program)}"
        return how

    def _keep(self, lines: list[_Line]) -> None:
        """Put lines that a recorder which has ended did not take into a file beside the run, behind those before."""
        self.failure = self.failure or "the recording has ended"
        texts = [line.text for line in lines]
        if self.lost:
            self.lost += texts
            return
        try:
            if self.kept:
                _append(self.kept, b"".join(texts), os.O_APPEND)
            else:
                if self.records > 0:
                    texts.insert(0, _encode({"type": "continue", "run_id": self.run_id, "records": self.records}))
                self.kept = self._new_kept(b"".join(texts))
            self.kept_lines += len(lines)
        except OSError as e:
            self.lost, self.lost_why = texts, str(e)

    def _new_kept(self, text: bytes) -> str:
        """Make the file beside the run or, if that cannot be, where temporary files go."""
        elsewhere = os.path.join(tempfile.gettempdir(), os.path.basename(self.path))
        failed: OSError
        for stem in (self.path, elsewhere):
            for number in range(1, 1000):
                name = f"{stem}-unrecorded{'' if number == 1 else f'-{number}'}.jsonl"
                try:
                    _append(name, text, os.O_CREAT | os.O_EXCL)
                    return name
                except FileExistsError as e:
                    failed = e
                except OSError as e:
                    failed = e
                    break
        raise failed

    def abandon(self) -> None:
        """Let go of the recorder in a fork of the process that started it: else its lines would not end with that."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass
        self.process.returncode = 0  # it is not this process's child


_INSTALL = (
    "install exparchive so that it is found on the PATH, or name it by exparchive=… or in the environment variable "
    "EXPARCHIVE"
)
_pipes: weakref.WeakSet[_Pipe] = weakref.WeakSet()


def _abandon_all() -> None:
    for pipe in list(_pipes):
        pipe.abandon()
    _pipes.clear()


def _close_all() -> None:
    for pipe in list(_pipes):
        if pipe.pid == os.getpid() and not pipe.over:
            pipe.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
atexit.register(_close_all)


class Recorder:
    """A run that is being recorded by a process of exparchive, as a context manager.

    A call of a language model, an iteration, a note and an attachment are on disk when the method returns. An event
    is on its way, and on disk within about a second, or when flush returns. The file has its name, and never changes
    again, when result returns or the block is left; until then the run is in path + "-live", which others may read.

    How the block is left says how the run ended, unless result has: by itself or sys.exit(0), "completed"; by Ctrl-C
    (KeyboardInterrupt), "interrupted"; by another exception, "failed", with a note of kind "exception" that has its
    type and message. With on_error="keep" a run that an exception ends gets the note and no result, so that
    Recorder.resume goes on with it. The exception goes on in any case.

    The methods may be called from several threads. In a fork of the process they raise RuntimeError, and the recorder
    does not notice the fork. A recorder that ends before the run does, or whose disk is full, makes every call raise
    RecorderError, which says where the lines are that it did not acknowledge, those that still come included.

    path, without "-live", may hold any characters. salt makes values that a published copy withholds unguessable.
    force replaces an archive, or a recording that was cut short, of that name. exparchive is the program; otherwise
    it is that of the environment variable EXPARCHIVE, or on the PATH.
    """

    def __init__(
        self,
        path: Path,
        *,
        experiment: str,
        type: str,
        config: Any = None,
        run_id: Optional[str] = None,
        created_at: Optional[str] = None,
        salt: bool = False,
        force: bool = False,
        exclusive: bool = False,
        on_error: str = "seal",
        exparchive: Optional[Path] = None,
    ) -> None:
        start = {
            "type": "experiment",
            "run_id": run_id or _new_run_id(experiment),
            "experiment_name": experiment,
            "experiment_type": type,
            "config": config,
            "created_at": created_at or _now(),
        }
        text = _encode(start)
        flags = [f for f, on in (("--salt", salt), ("--force", force), ("--exclusive", exclusive)) if on]
        command = ["record", "-o", os.fspath(path), "--acks", *flags]
        self._start(os.fspath(path), command, on_error, exparchive)
        self._pipe.run_id = str(start["run_id"])
        try:
            self._put(_Line("experiment", text), True)
        except BaseException:
            self._pipe.close()
            raise

    @classmethod
    def resume(
        cls,
        path: Path,
        *,
        drop_open: bool = False,
        exclusive: bool = False,
        on_error: str = "seal",
        exparchive: Optional[Path] = None,
    ) -> Recorder:
        """Go on with a recording that was cut short, behind its last record.

        standing says where it stands. drop_open takes what there is of an iteration that was not finished out of the
        run, for a program that can only begin it anew; answers has the calls that need not be paid for again.
        """
        live = _live(path)
        unrecorded = f"{live[: -len('-live')]}-unrecorded.jsonl"
        if os.path.exists(unrecorded):
            _log.warning("%s has lines that an earlier recorder did not acknowledge; are they recorded?", unrecorded)
        self = cls.__new__(cls)
        flags = [f for f, on in (("--drop-open", drop_open), ("--exclusive", exclusive)) if on]
        command = ["resume", _operand(live), "--acks", *flags]
        self._start(live[: -len("-live")], command, on_error, exparchive)
        return self

    def _start(self, path: str, command: list[str], on_error: str, exparchive: Optional[Path]) -> None:
        if on_error not in ("seal", "keep"):
            raise ValueError(f'on_error is {on_error!r}, want "seal" or "keep"')
        self._on_error = on_error
        self._ended = False  # the result was sent
        self._pipe = pipe = _Pipe([_program(exparchive), *command], path)
        try:
            pipe.until(lambda: bool(pipe.begun) or pipe.over)
            if not pipe.begun:
                raise pipe.error()
        except BaseException:
            pipe.close()
            raise

    @property
    def path(self) -> str:
        """The name of the archive-to-be."""
        return self._pipe.path

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self._pipe.run_id

    @property
    def records(self) -> int:
        """How many records of the run are known to be on disk."""
        return int(self._pipe.outcome.get("records", self._pipe.records))

    @property
    def digest(self) -> Optional[str]:
        """The digest of the sealed run, 64 hexadecimal digits; None as long as it is not sealed."""
        digest = self._pipe.outcome.get("digest")
        return digest if isinstance(digest, str) else None

    def event(
        self, iteration: int, event_type: str, event_data: Any = None, *, timestamp: Optional[str] = None
    ) -> None:
        """Record that something happened. It is on disk within about a second."""
        line = {
            "type": "event",
            "iteration": _number(iteration),
            "event_type": event_type,
            "timestamp": timestamp or _now(),
            "event_data": event_data,
        }
        self._put(_Line("event", _encode(line)), False)

    def llm_interaction(
        self,
        iteration: int,
        agent_id: Optional[str] = None,
        *,
        model: Optional[str] = None,
        system_prompt: Optional[str] = None,
        user_prompt: Optional[str] = None,
        response: Optional[str] = None,
        parsed_policy: Any = None,
        parsing_error: Optional[str] = None,
        prompt_tokens: Optional[int] = None,
        completion_tokens: Optional[int] = None,
        latency_seconds: Optional[float] = None,
        timestamp: Optional[str] = None,
        extra: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Record a call of a language model, which is on disk when this returns.

        It has been paid for. So one that the recorder cannot take as what it is, such as a policy with a NaN, is sent
        all the same: it is kept byte for byte as an attachment, and RejectedError says which.
        """
        line = {
            "type": "llm_interaction",
            "iteration": _number(iteration),
            "agent_id": agent_id,
            "model": model,
            "system_prompt": system_prompt,
            "user_prompt": user_prompt,
            "response": response,
            "parsed_policy": parsed_policy,
            "parsing_error": parsing_error,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "latency_seconds": latency_seconds,
            "timestamp": timestamp or _now(),
            "extra": extra,
        }
        self._put(_Line("llm_interaction", _encode_anyhow(line)), True)

    def iteration(
        self,
        iteration: int,
        *,
        costs_per_agent: Optional[Mapping[str, int]] = None,
        accepted_changes: Optional[Mapping[str, bool]] = None,
        policies: Optional[Mapping[str, Any]] = None,
        timestamp: Optional[str] = None,
    ) -> None:
        """Record the end of an iteration, which is on disk when this returns. Costs are whole cents."""
        line = {
            "type": "iteration",
            "iteration": _number(iteration),
            "costs_per_agent": _by_agent(
                costs_per_agent, lambda agent, cost: _cents(f"the cost of agent {agent!r}", cost)
            ),
            "accepted_changes": _by_agent(accepted_changes, _truth),
            "policies": _by_agent(policies, lambda _, policy: policy),
            "timestamp": timestamp or _now(),
        }
        self._put(_Line("iteration", _encode(line)), True)

    def note(self, kind: str, text: str, *, subject: Optional[str] = None) -> None:
        """Record what a reader of the run must know. subject is a JSON pointer into the run, such as "/final_cost"."""
        self._put(_Line("note", _encode({"type": "note", "kind": kind, "subject": subject, "text": text})), True)

    def attach(
        self, source: Union[bytes, Path], *, name: Optional[str] = None, media_type: Optional[str] = None
    ) -> None:
        """Attach a file, or bytes that are given a name. At most 64 MiB."""
        if isinstance(source, bytes):
            if name is None:
                raise ValueError("bytes that are attached need a name")
            data = source
        else:
            name = _file_name(source, name)
            with builtins.open(source, "rb") as f:
                data = f.read()
        text = base64.b64encode(data).decode("ascii")
        line = {"type": "attachment", "name": name, "media_type": media_type, "data": text}
        self._put(_Line("attachment", _encode(line)), True)

    def flush(self) -> None:
        """Return when all that was recorded before is on disk, which for events may take a second."""
        self._pipe.check()
        if self._pipe.last is not None:
            self._pipe.wait(self._pipe.last)

    def result(
        self,
        status: str = "completed",
        *,
        converged: Optional[bool] = None,
        convergence_reason: Optional[str] = None,
        final_cost: Optional[int] = None,
        best_cost: Optional[int] = None,
        completed_at: Optional[str] = None,
    ) -> None:
        """Record how the run ended, and seal it. Nothing can be recorded afterwards. Costs are whole cents.

        If events could not be recorded, which are kept as attachments and were warned of, the first one is raised when
        the archive is sealed.
        """
        if status in ("", "running", "unfinished"):
            raise ValueError(f"the status {status!r} is for a run without a result")
        line = {
            "type": "result",
            "completed_at": completed_at or _now(),
            "status": status,
            "converged": None if converged is None else bool(converged),
            "convergence_reason": convergence_reason,
            "final_cost": None if final_cost is None else _cents("the final cost", final_cost),
            "best_cost": None if best_cost is None else _cents("the best cost", best_cost),
        }
        self._put(_Line("result", _encode(line)), False)
        self._ended = True
        self.close()

    def close(self) -> None:
        """Wait until the recorder has ended. A run without a result stays in its live file, and can be resumed."""
        self._pipe.close()
        if self._pipe.kept or self._pipe.lost or (self._ended and self._pipe.failure):
            raise self._pipe.error()
        for rejected in self._pipe.rejected[:1]:
            raise rejected

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        if os.getpid() != self._pipe.pid:
            return
        if self._ended or self._pipe.over or self._pipe.closing:
            self._pipe.close()  # who was told of what is wrong need not be again
            return
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.result("completed")
        elif isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            self.result("interrupted")
        else:
            text = "".join(traceback.format_exception_only(kind, error)).strip()
            self.note("exception", text[:65536].encode("utf-8", "replace").decode("utf-8"))
            if self._on_error == "keep":
                self.close()
            else:
                self.result("failed")

    def _put(self, line: _Line, durable: bool) -> None:
        if self._ended:
            raise SimexpError(f"{self.path}: the run has its result; nothing can be recorded after it")
        self._pipe.send(line)
        if not durable:
            return
        self._pipe.until(lambda: line.state != _WAITING)
        if line.state == _KEPT and line.error is None:
            raise self._pipe.error()
        if line.error is not None:
            raise RejectedError(f"line {line.number}, the {line.what},", line.error, line.attachment)


def standing(path: Path, *, exparchive: Optional[Path] = None) -> Row:
    """Say how far a recording that was cut short has come: records, last_iteration, open_iteration and so on."""
    stand: Row = json.loads(_run(exparchive, "resume", _operand(_live(path)), "--json"))
    return stand


def answers(path: Path, *, exparchive: Optional[Path] = None) -> list[Row]:
    """Give the calls of a language model in the iteration that was not finished when a recording was cut short."""
    text = _run(exparchive, "resume", _operand(_live(path)), "--answers")
    return [json.loads(line) for line in text.splitlines()]


def _run(exparchive: Optional[Path], *args: str) -> bytes:
    program = _program(exparchive)
    try:
        done = subprocess.run([program, *args], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as e:
        raise RecorderError(f"{program} cannot be started: {e.strerror or e}; {_INSTALL}") from e
    if done.returncode != 0:
        raise RecorderError(done.stderr.decode("utf-8", "replace").strip().replace("exparchive: ", "", 1))
    return done.stdout


def _program(exparchive: Optional[Path]) -> str:
    given = os.fspath(exparchive) if exparchive else os.environ.get("EXPARCHIVE") or "exparchive"
    found = shutil.which(given)
    if found is None:
        raise RecorderError(f"the program {given} is not there; {_INSTALL}")
    return found


def _version(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "version", "--json"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        return "version " + str(json.loads(done.stdout)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return "no exparchive"


def _live(path: Path) -> str:
    name = os.fspath(path)
    return name if name.endswith("-live") else name + "-live"


def _operand(path: str) -> str:
    """Give a path that is not taken for a flag."""
    return os.path.join(".", path) if path.startswith("-") else path


def _append(path: str, text: bytes, how: int) -> None:
    """Put bytes into a file, and return when they are on disk. If that fails none of them is there."""
    fd = os.open(path, os.O_WRONLY | how | getattr(os, "O_BINARY", 0), 0o666)
    try:
        size = os.fstat(fd).st_size
        try:
            rest = memoryview(text)
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)


def _quote(path: str) -> str:
    """Quote a path for a shell if it has to be."""
    if _WINDOWS:
        return f'"{path}"' if " " in path else path
    if all(c.isalnum() or c in "_./-+@:" for c in path):
        return path
    return "'" + path.replace("'", "'\"'\"'") + "'"


def _new_run_id(experiment: str) -> str:
    """Make a run id that no other run has and that is the name of a file on every system."""
    stem = "".join(c if c.isalnum() or c in "-_." else "-" for c in str(experiment)).lstrip("-.")[:30] or "run"
    return f"{stem}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"


def _number(iteration: int) -> int:
    if isinstance(iteration, (bool, float)):
        raise TypeError(f"the iteration is {iteration!r}, want an int")
    number = operator.index(iteration)
    if not 0 <= number <= 2**31 - 1:
        raise ValueError(f"the iteration is {number}, want 0 to {2**31 - 1}")
    return number


def _cents(what: str, amount: Any) -> int:
    """Give an amount as int. What is no whole number, or one of another type, is refused: nothing is rounded."""
    if isinstance(amount, bool):
        raise MoneyError(f"{what} is {amount!r}, want whole cents as int")
    if isinstance(amount, float):
        raise MoneyError(f"{what} is the float {amount!r}, want whole cents as int, such as 1000 for 10.00")
    try:
        cents = operator.index(amount)
    except TypeError:
        raise MoneyError(f"{what} is {amount!r}, want whole cents as int") from None
    if not -(2**63) <= cents < 2**63:
        raise MoneyError(f"{what} is {cents}, which does not fit into 64 bits")
    return cents


def _by_agent(values: Optional[Mapping[str, Any]], check: Callable[[str, Any], Any]) -> Optional[Row]:
    if values is None:
        return None
    for agent in values:
        if not isinstance(agent, str) or not agent:
            raise TypeError(f"the agent is {agent!r}, want a str that is not empty")
    return {agent: check(agent, value) for agent, value in values.items()}


def _truth(agent: str, value: Any) -> Optional[bool]:
    if value is None or isinstance(value, bool):
        return value
    if type(value).__name__ in ("bool_", "bool"):  # numpy's
        return bool(value)
    raise TypeError(f"whether the change of agent {agent!r} was accepted is {value!r}, want a bool")


def _file_name(source: Path, name: Optional[str]) -> str:
    return os.path.basename(os.fspath(source)) if name is None else name


def _encode(line: Row) -> bytes:
    """Write a line. What JSON has no word for is refused: NaN, an unpaired surrogate, an object of another type."""
    members = {name: value for name, value in line.items() if value is not None}
    return (_json.encode(members) + "\n").encode("utf-8")


def _encode_anyhow(line: Row) -> bytes:
    """Write a line that must not be lost. What it is rejected for, the recorder says."""
    try:
        return _encode(line)
    except TypeError as e:  # it has what is no JSON: an unknown member says so, and what it is is told
        line = {**line, "not_json": str(e)}
    except (ValueError, RecursionError):
        pass
    members = {name: value for name, value in line.items() if value is not None}
    try:
        text = json.dumps(members, separators=(",", ":"), default=repr)
    except Exception as e:  # a key that is no name, a value inside itself, one that is nested too deep
        members = {**{name: _told(value) for name, value in members.items()}, "not_json": str(e)}
        text = json.dumps(members, separators=(",", ":"))
    return (text + "\n").encode("ascii")


def _told(value: Any) -> Any:
    """Give a value that JSON can have, or what can be told of it."""
    try:
        json.dumps(value)
        return value
    except Exception:
        pass
    try:
        return repr(value)
    except Exception as e:
        return f"{type(value).__name__}: {e}"


# Reading

_APPLICATION_ID = 0x53494D58  # "SIMX"
_VERSION = 1  # of the schema whose views are read here
_ZSTD = b"\x28\xb5\x2f\xfd"
# Columns of the views that hold JSON, and truth.
_JSON = {"config", "event_data", "parsed_policy", "extra", "costs_per_agent", "accepted_changes", "policies"}
_TRUTH = {"converged"}


def open(path: Path) -> Archive:
    """Open an archive, or with a name that ends in "-live" a recording, for reading. Neither is changed.

    The views of the file are read by SQLite as they are. A stranger's file is to be checked by exparchive verify first.
    """
    return Archive(path)


@runtime_checkable
class StateProvider(Protocol):
    """What the original project calls an ExperimentStateProviderProtocol; an Archive is one."""

    def get_experiment_info(self) -> Row: ...

    def get_total_iterations(self) -> int: ...

    def get_iteration_events(self, iteration: int) -> list[Row]: ...

    def get_iteration_policies(self, iteration: int) -> Row: ...

    def get_iteration_costs(self, iteration: int) -> dict[str, int]: ...

    def get_iteration_accepted_changes(self, iteration: int) -> dict[str, bool]: ...


class Archive:
    """A run in an archive or in a live file.

    Its methods have the names of the original project's StateProvider, and beside them are iterators of rows, as
    plain dictionaries in recorded order: pandas.DataFrame(run.events()) makes a table of them. Iterations go by their
    numbers, which may begin at 0 or 1 and have gaps. Costs are cents, as int. An Archive is for the thread that
    opened it.
    """

    def __init__(self, path: Path) -> None:
        self.path = os.fspath(path)
        self.sealed = _check(self.path)
        self._db = sqlite3.connect(_uri(self.path, self.sealed), uri=True, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA query_only = ON")
            self._db.execute("PRAGMA trusted_schema = OFF")
            row = self._row("SELECT * FROM experiments")
        except BaseException:
            self._db.close()
            raise
        if row is None:
            self._db.close()
            raise ArchiveError(f"{self.path}: no run has begun in it")
        self.run_id = str(row["run_id"])

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def query(self, sql: str, *values: Any) -> Iterator[Row]:
        """Give the rows of a SELECT, as they are."""
        try:
            for row in self._db.execute(sql, values):
                yield dict(zip(row.keys(), tuple(row)))
        except sqlite3.DatabaseError as e:
            raise ArchiveError(f"{self.path}: {e}; exparchive verify says what is wrong with a file") from e

    def _row(self, sql: str, *values: Any) -> Optional[Row]:
        return next(_decoded(self.query(sql, *values)), None)

    # The original protocol

    def get_experiment_info(self) -> Row:
        """Describe the run: run_id, experiment_name, experiment_type, config, created_at, status and so on.

        num_iterations is the number of iterations that were recorded. What is not known is None.
        """
        row = self._row("SELECT * FROM experiments")
        assert row is not None
        return row

    def get_run_metadata(self) -> Row:
        """Give of get_experiment_info what was known when the run began."""
        info = self.get_experiment_info()
        return {name: info[name] for name in ("run_id", "experiment_name", "experiment_type", "config", "created_at")}

    def get_final_result(self) -> Optional[Row]:
        """Say how the run ended, None if it has no result."""
        info = self.get_experiment_info()
        if info["status"] == "unfinished":
            return None
        start = self.get_run_metadata()
        return {name: value for name, value in info.items() if name not in (*start, "digest", "records", "withheld")}

    def get_total_iterations(self) -> int:
        """Say how many iterations were recorded. Their numbers are those of get_iteration_numbers."""
        return len(self.get_iteration_numbers())

    def get_iteration_numbers(self) -> list[int]:
        """Give the numbers of the iterations that were recorded, ascending."""
        rows = self.query("SELECT iteration FROM experiment_iterations ORDER BY iteration")
        return [row["iteration"] for row in rows]

    def get_iteration_events(self, iteration: int) -> list[Row]:
        """Give the events of an iteration in recorded order, each with the members of its data beside its own.

        A member of the data that has the name of one of the event's own (id, run_id, iteration, event_type,
        timestamp) is in event_data only, which has them all.
        """
        events = list(self._spread("WHERE iteration = ?", iteration))
        if not events:
            self._iteration(iteration)
        return events

    def get_all_events(self) -> list[Row]:
        """Give the events of all iterations in recorded order, as get_iteration_events does."""
        return list(self._spread(""))

    def _spread(self, where: str, *values: Any) -> Iterator[Row]:
        for event in self._events(where, *values):
            data = event["event_data"]
            yield {**data, **event} if isinstance(data, dict) else event

    def get_iteration_costs(self, iteration: int) -> dict[str, int]:
        """Give the cost of each agent in an iteration, in cents."""
        return self._costs(self._iteration(iteration, "costs_per_agent"))

    def get_iteration_policies(self, iteration: int) -> Row:
        """Give the policy of each agent in an iteration."""
        policies: Row = self._iteration(iteration, "policies")["policies"]
        return policies

    def get_iteration_accepted_changes(self, iteration: int) -> dict[str, bool]:
        """Say for each agent whether its change was accepted. Agents of which that is not known are missing."""
        accepted: dict[str, bool] = self._iteration(iteration, "accepted_changes")["accepted_changes"]
        return accepted

    def _iteration(self, number: int, column: str = "") -> Row:
        row = self._row("SELECT * FROM experiment_iterations WHERE iteration = ?", number)
        if row is None:
            have = self.get_iteration_numbers()
            known = f"they go from {have[0]} to {have[-1]}" if have else "there are none"
            raise NoIterationError(f"{self.path}: no iteration {number} was recorded: {known}")
        if column and row[column] is None:
            raise WithheldError(f"{self.path}: {column} of iteration {number} was withheld from this copy")
        return row

    def _costs(self, row: Row) -> dict[str, int]:
        costs: dict[str, int] = row["costs_per_agent"]
        for agent, cost in costs.items():
            if type(cost) is not int:
                raise ArchiveError(
                    f"{self.path}: iteration {row['iteration']}: the cost of {agent} is {cost!r}, no int"
                )
        return costs

    # Rows

    def iterations(self) -> Iterator[Row]:
        """Give a row for each iteration: costs_per_agent, accepted_changes, policies, timestamp."""
        return _decoded(self.query("SELECT * FROM experiment_iterations ORDER BY iteration"))

    def events(self, iteration: Optional[int] = None, *, after: int = -1) -> Iterator[Row]:
        """Give a row for each event, or each of one iteration: id, iteration, event_type, event_data, timestamp.

        The id is the position of the record in the run; after leaves out those up to one, to follow a recording.
        """
        if iteration is None:
            return self._events("WHERE id > ?", after)
        return self._events("WHERE iteration = ? AND id > ?", iteration, after)

    def _events(self, where: str, *values: Any) -> Iterator[Row]:
        return _decoded(self.query(f"SELECT * FROM experiment_events {where} ORDER BY id", *values))

    def llm_interactions(self, iteration: Optional[int] = None, *, after: int = -1) -> Iterator[Row]:
        """Give a row for each call of a language model, or each of one iteration, with its prompts and its answer."""
        if iteration is None:
            rows = self.query("SELECT * FROM llm_interactions WHERE id > ? ORDER BY id", after)
        else:
            rows = self.query(
                "SELECT * FROM llm_interactions WHERE iteration = ? AND id > ? ORDER BY id", iteration, after
            )
        return _decoded(rows)

    def costs(self) -> Iterator[Row]:
        """Give a row for each iteration and agent: iteration, agent_id, cost_cents."""
        for row in self._known("costs_per_agent"):
            for agent, cost in self._costs(row).items():
                yield {"iteration": row["iteration"], "agent_id": agent, "cost_cents": cost}

    def policies(self) -> Iterator[Row]:
        """Give a row for each iteration and agent: iteration, agent_id, policy."""
        for row in self._known("policies"):
            for agent, policy in row["policies"].items():
                yield {"iteration": row["iteration"], "agent_id": agent, "policy": policy}

    def accepted_changes(self) -> Iterator[Row]:
        """Give a row for each iteration and agent of which it is known: iteration, agent_id, accepted."""
        for row in self._known("accepted_changes"):
            for agent, accepted in row["accepted_changes"].items():
                yield {"iteration": row["iteration"], "agent_id": agent, "accepted": accepted}

    def _known(self, column: str) -> Iterator[Row]:
        for row in self.iterations():
            if row[column] is None:
                raise WithheldError(
                    f"{self.path}: {column} of iteration {row['iteration']} was withheld from this copy"
                )
            yield row

    def notes(self) -> Iterator[Row]:
        """Give a row for each note: id, kind, text, subject."""
        return self.query("SELECT * FROM notes ORDER BY id")

    def attachments(self) -> Iterator[Row]:
        """Give a row for each attachment, without what is in it: id, name, media_type, size."""
        return self.query("SELECT id, name, media_type, size, withheld FROM attachments ORDER BY id")

    def attachment(self, name: str) -> bytes:
        """Give what is in an attachment. One that there is not is a KeyError."""
        for row in self.query("SELECT data FROM attachments WHERE name = ?", name):
            if row["data"] is None:
                raise WithheldError(f"{self.path}: the attachment {name} was withheld from this copy")
            return bytes(row["data"])
        raise KeyError(name)


def _decoded(rows: Iterator[Row]) -> Iterator[Row]:
    """Give rows with JSON as what it stands for."""
    for row in rows:
        for name, value in row.items():
            if value is None:
                continue
            if name in _JSON:
                row[name] = json.loads(value)
            elif name in _TRUTH:
                row[name] = bool(value)
        yield row


def _check(path: str) -> bool:
    """Report whether a file is sealed. What is no archive that can be read here is refused by what it is."""
    try:
        with builtins.open(path, "rb") as f:
            head = f.read(100)
    except FileNotFoundError:
        if not path.endswith("-live") and os.path.exists(path + "-live"):
            raise FileNotFoundError(
                f"{path} is not there yet; the run is being recorded, or was cut short, in {path}-live: open that"
            ) from None
        raise
    if head.startswith(_ZSTD):
        raise ArchiveError(
            f"{path}: packed with zstd; `exparchive unpack {_quote(path)}` makes the archive that is in it"
        )
    if head.startswith(b"version https://git-lfs"):
        raise ArchiveError(f"{path}: a Git LFS pointer and not the file itself; `git lfs pull` fetches it")
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise ArchiveError(f"{path}: no archive: it does not begin as a SQLite database does")
    if int.from_bytes(head[68:72], "big") != _APPLICATION_ID:
        raise ArchiveError(f"{path}: a SQLite database, but no archive of a run")
    version = int.from_bytes(head[60:64], "big")
    if version > _VERSION:
        raise ArchiveError(f"{path}: schema version {version}, newer than the {_VERSION} that this module reads")
    return not path.endswith("-live") and head[18:20] == b"\x01\x01"


def _uri(path: str, sealed: bool) -> str:
    name = os.path.abspath(path)
    if _WINDOWS:
        name = name.replace("\\", "/")
        name = name if name.startswith("/") else "/" + name
    mode = "mode=ro&immutable=1" if sealed else "mode=ro"
    return f"file://{urllib.parse.quote_from_bytes(os.fsencode(name))}?{mode}"
