"""The providers of the original project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simexp
from simexp import StateProvider as ExperimentStateProviderProtocol

if TYPE_CHECKING:
    from payment_simulator.experiments.persistence import ExperimentRepository

__all__ = ["DatabaseStateProvider", "ExperimentStateProviderProtocol", "LiveStateProvider"]


class DatabaseStateProvider(simexp.Archive):
    """A run of a repository."""

    def __init__(self, repository: ExperimentRepository, run_id: str) -> None:
        super().__init__(repository.file(run_id))


class LiveStateProvider(simexp.Archive):
    """A run that is being recorded."""

    def __init__(self, path: str) -> None:
        super().__init__(path + "-live")
