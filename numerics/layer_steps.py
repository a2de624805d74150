"""One layer of many networks at once, by three methods that agree in law.

``matrix``   draws every weight: the definition.
``gaussian`` uses only that W x ~ |x| std N(0, I), one normal a unit.
``chi2``     uses only that |phi(z)|^2 is a sum of chi-squares, given how many units are positive.

A step takes and returns the logarithm of the norm; ``matrix`` also carries the direction. A dead
network has log-norm minus infinity: without biases it stays dead, with biases they revive it.
Each step draws, then hands its draws to the pure functions of :mod:`numerics.kernels`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from .activations import Activation
from .backends import Array
from .draws import Draws
from .kernels import affine, log_hypotenuse, log_length, polar, preactivation_log_scale
from .networks import Layer, Networks

__all__ = ["STEPS", "State", "chi2_step", "coupled_step", "gaussian_step", "matrix_step"]


@dataclass(frozen=True)
class State:
    """Where a batch of networks stands.

    Parameters
    ----------
    log_norm : array of float64, shape (networks,)
        log |x|; minus infinity for a dead network.
    direction : array, shape (networks, units), or None
        x / |x|, 0 for a dead network; None where the method does not need it.
    """

    log_norm: Array
    direction: Array | None = None


def matrix_step(networks: Networks, layer: Layer, state: State, draws: Draws) -> State:
    """Advance by the definition: draw the weight matrix and the bias of every network.

    Parameters
    ----------
    networks : Networks
        Its activation and law of the weights.
    layer : Layer
        The layer to pass.
    state : State
        Log-norms and directions of the networks before it.
    draws : Draws
        Random numbers.

    Returns
    -------
    State
        Log-norms and directions after the layer.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import linear
    >>> from numerics.backends import get_backend
    >>> networks = Networks.describe((2, 3), 1.0, linear())
    >>> draws = Draws.start(get_backend("numpy"), np.float64, np.random.SeedSequence(0))
    >>> state = State(np.zeros(5), np.tile([0.6, 0.8], (5, 1)))
    >>> matrix_step(networks, networks.layers[0], state, draws).direction.shape
    (5, 3)
    """
    [after] = coupled_step(networks, [layer], [state], draws)
    return after


def coupled_step(
    networks: Networks, layers: Sequence[Layer], states: Sequence[State], draws: Draws
) -> list[State]:
    """Advance several schemes by one set of draws: weights, biases, slopes and masks.

    Parameters
    ----------
    networks : Networks
        Activation and law of the weights, the same for every scheme.
    layers : sequence of Layer
        The layer to pass, in each scheme: equal widths, any standard deviations.
    states : sequence of State
        Where each scheme stands.
    draws : Draws
        Random numbers.

    Returns
    -------
    list of State
        Log-norms and directions of each scheme after the layer.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import linear
    >>> from numerics.backends import get_backend
    >>> small, large = (Networks.describe((2, 3), variance, linear()) for variance in (1.0, 4.0))
    >>> draws = Draws.start(get_backend("numpy"), np.float64, np.random.SeedSequence(0))
    >>> state = State(np.zeros(5), np.tile([0.6, 0.8], (5, 1)))
    >>> a, b = coupled_step(small, [small.layers[0], large.layers[0]], [state, state], draws)
    >>> np.exp(b.log_norm - a.log_norm).round(12)
    array([2., 2., 2., 2., 2.])
    """
    shape = (states[0].log_norm.shape[0], layers[0].fan_out)
    weights = draws.weights(networks.weight_law, *shape, layers[0].fan_in)
    noise = draws.normal("biases", *shape) if any(layer.has_bias for layer in layers) else None
    slopes, mask = (
        draws.slopes(networks.activation, *shape),
        draws.mask(networks.activation, *shape),
    )
    after = []
    for layer, state in zip(layers, states, strict=True):
        shift = noise if layer.has_bias else None
        units, log_scale = affine(weights, state.direction, state.log_norm, layer, shift)
        log_norm, direction = polar(networks.activation.apply(units, slopes, mask))
        after.append(State(log_scale + log_norm, direction))
    return after


def gaussian_step(networks: Networks, layer: Layer, state: State, draws: Draws) -> State:
    """Advance using only that the pre-activations are iid normal given the norm.

    Given x, the entries of W x + b are independent N(0, std^2 |x|^2 + bias_std^2) if weights and
    biases are normal: one normal a unit, whatever the fan-in.

    Parameters
    ----------
    networks, layer, state, draws
        As for `matrix_step`; the state needs no directions.

    Returns
    -------
    State
        Log-norms after the layer.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import linear
    >>> from numerics.backends import get_backend
    >>> networks = Networks.describe((2, 3), 1.0, linear())
    >>> draws = Draws.start(get_backend("numpy"), np.float64, np.random.SeedSequence(0))
    >>> state = State(np.array([0.0, -np.inf]))  # the second network is dead
    >>> np.isfinite(gaussian_step(networks, networks.layers[0], state, draws).log_norm)
    array([ True, False])
    """
    shape = (state.log_norm.shape[0], layer.fan_out)
    units = draws.normal("weights", *shape)
    slopes, mask = (
        draws.slopes(networks.activation, *shape),
        draws.mask(networks.activation, *shape),
    )
    log_norm = log_length(networks.activation.apply(units, slopes, mask))
    return State(preactivation_log_scale(state.log_norm, layer) + log_norm)


def chi2_step(networks: Networks, layer: Layer, state: State, draws: Draws) -> State:
    """Advance using only the numbers of kept positive and negative units, and two chi-squares.

    For z ~ N(0, I) signs and sizes are independent: given n kept positive and m kept negative
    units, |phi(z)|^2 is chi^2_n + slope^2 chi^2_m, the two independent.

    Parameters
    ----------
    networks, layer, state, draws
        As for `matrix_step`; fixed slope, no bias, normal weights; no directions.

    Returns
    -------
    State
        Log-norms after the layer.

    Examples
    --------
    >>> import numpy as np
    >>> from numerics.activations import leaky_relu
    >>> from numerics.backends import get_backend
    >>> networks = Networks.describe((2, 3), 1.0, leaky_relu(0.1))
    >>> draws = Draws.start(get_backend("numpy"), np.float64, np.random.SeedSequence(0))
    >>> state = State(np.array([0.0, -np.inf]))  # the second network is dead
    >>> np.isfinite(chi2_step(networks, networks.layers[0], state, draws).log_norm)
    array([ True, False])
    """
    counts = _unit_counts(networks.activation, layer.fan_out, state.log_norm.shape[0], draws)
    squares = [(scale, draws.chisquare(kind, df)) for kind, scale, df in counts]
    return State(preactivation_log_scale(state.log_norm, layer) + log_hypotenuse(squares))


def _unit_counts(
    activation: Activation, width: int, size: int, draws: Draws
) -> list[tuple[str, float, Array]]:
    """Stream, scale and degrees of freedom of the kept positive, and kept negative, units."""
    slope, scale, keep = abs(activation.lower), activation.kept_scale, activation.keep_prob
    if slope == 0.0:  # thinned twice: kept and positive
        return [("positive", scale, draws.counts("signs", width, 0.5 * keep, size))]
    kept = draws.counts("kept", width, keep, size)
    if slope == 1.0:  # the sign of a unit does not matter
        return [("positive", scale, kept)]
    positive = draws.counts("signs", kept, 0.5, size)
    return [("positive", scale, positive), ("negative", scale * slope, kept - positive)]


STEPS: Mapping[str, Callable[[Networks, Layer, State, Draws], State]] = MappingProxyType(
    {"matrix": matrix_step, "gaussian": gaussian_step, "chi2": chi2_step}
)
