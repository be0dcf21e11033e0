"""Make tables of a run with pandas: python examples/read_pandas.py run.simexp"""
import sys

import pandas

import simexp

with simexp.open(sys.argv[1]) as run:
    costs = pandas.DataFrame(run.costs())
    calls = pandas.DataFrame(run.llm_interactions())
print(costs.pivot(index="iteration", columns="agent_id", values="cost_cents"))  # cents, as whole numbers
print(calls.groupby("agent_id").size())
