"""Measure how fast events are recorded by the module, and by lines that are printed into a pipe.

python speed.py [EVENTS]; EXPARCHIVE names the program. The times are of the processor, for the program and the recorder
together, and the least of five rounds, which a busy machine changes little. Not on Windows.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

import simexp

PRINTING = """
import json, sys
def line(**members): print(json.dumps(members), flush=True)
line(type="experiment", experiment_name="e", experiment_type="t")
for i in range(int(sys.argv[1])):
    line(type="event", iteration=i // 1000, event_type="evaluation", event_data={"total_cost": 10000, "i": i})
line(type="result", status="completed")
"""


def printed(path: str, events: int) -> None:
    """Record by print with flush, as README shows it."""
    program = [sys.executable, "-c", PRINTING, str(events)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as source:
        record = [os.environ.get("EXPARCHIVE", "exparchive"), "record", "-o", path]
        subprocess.run(record, stdin=source.stdout, check=True, stderr=subprocess.DEVNULL)


def recorded(path: str, events: int) -> None:
    """Record by the module, in a process of its own too."""
    text = (
        "import sys, simexp\n"
        "with simexp.Recorder(sys.argv[1], experiment='e', type='t') as run:\n"
        "    for i in range(int(sys.argv[2])):\n"
        "        run.event(i // 1000, 'evaluation', {'total_cost': 10000, 'i': i})\n"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.abspath(simexp.__file__))}
    subprocess.run([sys.executable, "-c", text, path, str(events)], check=True, env=env)


def used() -> float:
    """The processor time of all programs that have ended, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    best = {printed: float("inf"), recorded: float("inf")}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(5):
            for way in best:
                start = used()
                way(os.path.join(folder, f"{way.__name__}-{turn}.simexp"), events)
                best[way] = min(best[way], used() - start)
    for way, seconds in best.items():
        print(f"{way.__name__:8} {events / seconds:9.0f} events/s of processor time")
    print(f"ratio    {best[printed] / best[recorded]:9.2f}")


if __name__ == "__main__":
    main()
