"""Random streams: named seed sequences, and the check that ``rng`` is a Generator.

Integers stop at the command line. Below it every simulator takes a :class:`numpy.random.Generator`,
so a seed can never be used twice by accident: a Generator moves on when it is used.
"""

from __future__ import annotations

import hashlib
import operator
from typing import Any

import numpy as np

__all__ = ["child_sequence", "require_generator", "seed_sequence", "spawn_rngs"]

_ENTROPY_WORDS = 4  # 4 x 64 bits: two children of one Generator never meet in practice


def seed_sequence(seed: int, *key: str) -> np.random.SeedSequence:
    """Seed sequence of one named piece of work.

    The key words are hashed by SHA-256, each with its length, so that ``("ab", "c")`` and
    ``("a", "bc")`` differ and the sequence is the same in every process, on every platform and
    under every Python version (``hash()`` of a string is not).

    Parameters
    ----------
    seed : int
        The run's seed, >= 0.
    *key : str
        Words that name the work: claim, check, chunk, cell.

    Returns
    -------
    numpy.random.SeedSequence
        Sequence with entropy ``seed`` and the hashed key as ``spawn_key``.

    Raises
    ------
    ValueError
        If `seed` is not an integer >= 0 or a key word is not a string.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.random.default_rng(seed_sequence(0, "claim", "chunk-1"))
    >>> b = np.random.default_rng(seed_sequence(0, "claim", "chunk-1"))
    >>> bool(a.random() == b.random())
    True
    >>> seed_sequence(0, "ab", "c").spawn_key == seed_sequence(0, "a", "bc").spawn_key
    False
    """
    return np.random.SeedSequence(_checked_seed(seed), spawn_key=_key_words(key))


def spawn_rngs(seed: int, *key: str, count: int) -> list[np.random.Generator]:
    """Independent Generators for `count` chunks of one named piece of work.

    Generator number i depends on ``(seed, key, i)`` alone: not on `count`, nor on who runs it.

    Parameters
    ----------
    seed : int
        The run's seed, >= 0.
    *key : str
        Words that name the work.
    count : int
        Number of Generators, >= 0.

    Returns
    -------
    list of numpy.random.Generator

    Raises
    ------
    ValueError
        If `seed`, `key` or `count` is outside its domain.

    Examples
    --------
    >>> few, many = spawn_rngs(1, "x", count=2), spawn_rngs(1, "x", count=5)
    >>> bool(few[1].random() == many[1].random())
    True
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f"count must be an integer >= 0, got {count!r}")
    return [np.random.default_rng(child) for child in seed_sequence(seed, *key).spawn(count)]


def require_generator(rng: Any) -> np.random.Generator:
    """Return `rng` if it is a NumPy Generator; refuse anything else.

    Parameters
    ----------
    rng : numpy.random.Generator
        The candidate.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError
        For an integer, ``None``, a ``RandomState``, ...: a simulator never makes its own seed.

    Examples
    --------
    >>> require_generator(0)
    Traceback (most recent call last):
    ...
    TypeError: rng must be a numpy.random.Generator, got 0 (make one: numpy.random.default_rng(0))
    """
    if isinstance(rng, np.random.Generator):
        return rng
    hint = rng if isinstance(rng, int) else "seed"
    raise TypeError(
        f"rng must be a numpy.random.Generator, got {rng!r} "
        f"(make one: numpy.random.default_rng({hint}))"
    )


def child_sequence(rng: np.random.Generator) -> np.random.SeedSequence:
    """Seed sequence drawn from a Generator: 256 fresh bits of its stream.

    A simulator derives its own streams from the caller's `rng` in this way. `rng` moves on by four
    words whatever the size of the simulation, so two calls in a row are independent.

    Parameters
    ----------
    rng : numpy.random.Generator
        The caller's Generator; advanced.

    Returns
    -------
    numpy.random.SeedSequence

    Raises
    ------
    TypeError
        If `rng` is not a Generator.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> child_sequence(rng).entropy == child_sequence(rng).entropy
    False
    """
    words = require_generator(rng).integers(0, 2**64, size=_ENTROPY_WORDS, dtype=np.uint64)
    return np.random.SeedSequence([int(word) for word in words])


def _checked_seed(seed: int) -> int:
    """Return `seed` as an int >= 0; a bool or a float is a mistake, not a seed."""
    try:
        value = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        value = -1
    if value < 0:
        raise ValueError(f"seed must be an integer >= 0, got {seed!r}")
    return value


def _key_words(key: tuple[str, ...]) -> tuple[int, ...]:
    """Hash the key words into eight 32-bit words."""
    digest = hashlib.sha256()
    for word in key:
        if not isinstance(word, str):
            raise ValueError(f"key must consist of strings, got {word!r}")
        encoded = word.encode("utf-8")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return tuple(int(part) for part in np.frombuffer(digest.digest(), dtype="<u4"))
