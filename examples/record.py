"""Record a run from Python: python examples/record.py run.simexp (pip install ./python, or PYTHONPATH=python)"""
import sys

import simexp


def ask(prompt):
    """Stand in for a language model, a call of which costs money."""
    return '{"f": 0.3}' if "0.4" in prompt else '{"f": 0.4}'


with simexp.Recorder(sys.argv[1], experiment="example", type="demo", config={"agents": ["BANK_A"]}) as run:
    policy, cost = 0.5, 5000  # cents
    for i in range(3):
        run.event(i, "evaluation", {"total_cost": cost})
        prompt = f"The policy is {policy}. Cheaper?"
        answer = ask(prompt)
        run.llm_interaction(i, "BANK_A", user_prompt=prompt, response=answer)  # on disk when it returns
        run.iteration(i, costs_per_agent={"BANK_A": cost}, policies={"BANK_A": {"f": policy}})
        policy, cost = (0.4, 4000) if i == 0 else (0.3, 3000)
    run.result(converged=True, convergence_reason="no cheaper policy", final_cost=cost, best_cost=cost)
print(run.path, run.records, "records, digest", run.digest)
