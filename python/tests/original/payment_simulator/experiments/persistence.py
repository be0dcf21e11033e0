"""The repository of the original project: a folder with an archive for each run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import simexp
from payment_simulator.experiments.runner import DatabaseStateProvider


@dataclass
class ExperimentRecord:
    run_id: str
    experiment_name: str
    experiment_type: str
    config: dict[str, Any]
    created_at: str
    completed_at: Optional[str]
    num_iterations: int
    converged: bool
    convergence_reason: Optional[str]


@dataclass
class IterationRecord:
    run_id: str
    iteration: int
    costs_per_agent: dict[str, int]
    accepted_changes: dict[str, bool]
    policies: dict[str, Any]
    timestamp: str


class ExperimentRepository:
    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.path.mkdir(exist_ok=True)
        self.recorders: dict[str, simexp.Recorder] = {}
        self.ends: dict[str, ExperimentRecord] = {}

    def close(self) -> None:
        for recorder in self.recorders.values():
            recorder.close()

    def file(self, run_id: str) -> str:
        """The file of a run, which is sealed if the run has ended."""
        end = self.ends.pop(run_id, None)
        if end is not None:
            self.recorders.pop(run_id).result(
                completed_at=end.completed_at, converged=end.converged, convergence_reason=end.convergence_reason
            )
        path = str(self.path / f"{run_id}.simexp")
        return path if os.path.exists(path) else path + "-live"

    def save_experiment(self, record: ExperimentRecord) -> None:
        self.recorders[record.run_id] = simexp.Recorder(
            self.path / f"{record.run_id}.simexp",
            experiment=record.experiment_name,
            type=record.experiment_type,
            config=record.config,
            run_id=record.run_id,
            created_at=record.created_at,
        )
        if record.completed_at is not None:
            self.ends[record.run_id] = record

    def save_iteration(self, record: IterationRecord) -> None:
        self.recorders[record.run_id].iteration(
            record.iteration,
            costs_per_agent=record.costs_per_agent,
            accepted_changes=record.accepted_changes,
            policies=record.policies,
            timestamp=record.timestamp,
        )

    def load_experiment(self, run_id: str) -> ExperimentRecord:
        with simexp.open(self.file(run_id)) as run:
            info = run.get_experiment_info()
        return ExperimentRecord(**{name: info[name] for name in ExperimentRecord.__dataclass_fields__})

    def list_experiments(self, experiment_type: Optional[str] = None) -> list[ExperimentRecord]:
        runs = [self.load_experiment(run_id) for run_id in self.recorders]
        return [r for r in runs if experiment_type in (None, r.experiment_type)]

    def get_iterations(self, run_id: str) -> list[IterationRecord]:
        with simexp.open(self.file(run_id)) as run:
            rows = list(run.iterations())
        return [IterationRecord(**{name: row[name] for name in IterationRecord.__dataclass_fields__}) for row in rows]

    def as_state_provider(self, run_id: str) -> DatabaseStateProvider:
        return DatabaseStateProvider(self, run_id)
