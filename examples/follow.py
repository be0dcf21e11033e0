"""Follow a run while it is recorded: python examples/follow.py run.simexp

It reads the live file, which the recorder does not notice, and when the run is sealed the rest of the archive. (Windows
removes no file that is open: there the live file stays behind, which the recorder says.)
"""
import os
import sys
import time

import simexp

path, seen = sys.argv[1], -1


def show(run):
    """Print what is new, and say which record was the last."""
    last = seen
    for event in run.events(after=seen):
        print(event["id"], event["iteration"], event["event_type"], event["event_data"], flush=True)
        last = event["id"]
    return last


while not os.path.exists(path):
    try:
        with simexp.open(path + "-live") as run:
            while os.path.exists(path + "-live") and not os.path.exists(path):
                seen = show(run)
                time.sleep(0.1)
    except (FileNotFoundError, simexp.ArchiveError):  # it has not begun, or is being sealed
        time.sleep(0.1)
with simexp.open(path) as run:
    seen = show(run)
    print("ended:", run.get_final_result()["status"])
