"""Seed sequences are the same everywhere; integers are no streams."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from numerics.streams import child_sequence, require_generator, seed_sequence, spawn_rngs


def test_key_is_hashed_as_documented():
    content = b"".join(len(w).to_bytes(8, "little") + w for w in (b"claim", b"chunk-3"))
    digest = hashlib.sha256(content).digest()
    expected = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4))
    sequence = seed_sequence(7, "claim", "chunk-3")
    assert sequence.spawn_key == expected
    assert sequence.entropy == 7


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_stable_across_processes(hash_seed):
    code = "from numerics.streams import seed_sequence as s; print(s(1, 'é').generate_state(2))"
    output = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert output.stdout.strip() == str(seed_sequence(1, "é").generate_state(2))


def test_different_keys_and_seeds_differ():
    keys = [(0,), (1,), (0, "a"), (0, "a", "b"), (0, "ab"), (0, "b", "a"), (0, "")]
    states = {tuple(seed_sequence(*key).generate_state(4)) for key in keys}
    assert len(states) == len(keys)


def test_spawned_generators_do_not_depend_on_their_number():
    few, many = (spawn_rngs(3, "x", count=count) for count in (2, 6))
    assert [rng.random() for rng in few] == [rng.random() for rng in many[:2]]
    assert len({rng.random() for rng in many}) == 6


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True, np.array([1, 2])])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="seed must be an integer >= 0"):
        seed_sequence(seed)


def test_bad_key():
    with pytest.raises(ValueError, match="key must consist of strings, got 3"):
        seed_sequence(0, 3)


@pytest.mark.parametrize("count", [-1, 1.0, True])
def test_bad_count(count):
    with pytest.raises(ValueError, match="count must be an integer >= 0"):
        spawn_rngs(0, count=count)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0), np.random.PCG64(0)])
def test_only_generators_pass(rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        require_generator(rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator"):
        child_sequence(rng)


def test_children_follow_the_stream_of_their_parent():
    first, second = np.random.default_rng(5), np.random.default_rng(5)
    states = [tuple(child_sequence(rng).generate_state(4)) for rng in (first, first, second)]
    assert states[0] == states[2]
    assert states[0] != states[1]
