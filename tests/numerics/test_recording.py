"""Which states a simulation returns."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.recording import checked_record, record_states


def test_the_default_is_the_last_step():
    assert checked_record(None, 7) == (7,)


@pytest.mark.parametrize("record", [(0,), (7,), (0, 3, 7), np.array([1, 2]), range(8)])
def test_increasing_steps_are_allowed(record):
    assert checked_record(record, 7) == tuple(record)


@pytest.mark.parametrize(
    "record",
    [(), (3, 3), (4, 3), (-1, 3), (8,), (1.0, 2.0), 3, "12", ((1, 2), (3, 4)), (True,), [1, [2]]],
)
def test_other_records_are_refused(record):
    with pytest.raises(ValueError, match="record must hold increasing integers from 0 to steps, 7"):
        checked_record(record, 7)


def test_states_are_copied_from_a_trajectory_that_reuses_its_buffer():
    def trajectory():
        state = np.zeros((2, 1))
        while True:
            yield state
            state += 1.0

    states = record_states(trajectory(), (0, 2, 5), (2, 1), "unused")
    np.testing.assert_array_equal(states[:, :, 0], [[0, 0], [2, 2], [5, 5]])


def test_nothing_runs_beyond_the_last_recorded_step():
    seen = []
    record_states((seen.append(k) or np.zeros(1) for k in range(100)), (2, 4), (1,), "unused")
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_states_must_be_finite(value):
    with pytest.raises(ValueError, match="step is too large: the states are no longer finite"):
        record_states(iter([np.ones(2), np.array([1.0, value])]), (1,), (2,), "step is too large")
