"""An experiment to be recorded: python examples/experiment.py | exparchive record -o run.simexp

Arguments: how many iterations, seconds between them, and the iteration to begin with, which is not 0 for a run that is
resumed.
"""
import json
import sys
import time

count, pause, first = [float(a) for a in sys.argv[1:]] + [3, 0, 0][len(sys.argv) - 1:]


def record(**line):
    # Without flush Python keeps what it writes to a pipe until there are 8 KB of it, and a killed program never writes
    # them.
    print(json.dumps(line), flush=True)


status = "interrupted"
try:
    if first == 0:
        record(type="experiment", experiment_name="example", experiment_type="demo", config={"count": int(count)})
    for i in range(int(first), int(count)):
        record(type="event", iteration=i, event_type="evaluation", event_data={"cost": 10000 - i})
        record(type="llm_interaction", iteration=i, agent_id="BANK_A", user_prompt="cheaper?", response='{"f": 0.4}')
        record(type="iteration", iteration=i, costs_per_agent={"BANK_A": 10000 - i}, policies={"BANK_A": {"f": 0.4}})
        time.sleep(pause)
    status = "completed"
except KeyboardInterrupt:
    pass  # the recorder reads on, so that the result says how the run ended
record(type="result", status=status)
