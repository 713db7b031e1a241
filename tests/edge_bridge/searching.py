"""How a state machine is run against a planted bug: until the first find, the same way each time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def must_find(machine: type[RuleBasedStateMachine], most_examples: int) -> None:
    """Fails if so many examples pass without an AssertionError."""
    searching = settings(
        max_examples=most_examples,  # it stops at the first find
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=searching)
