"""The simulations of the KL-bound subject draw what they say: chains, landscapes and networks against plain code."""

from dataclasses import replace

import numpy as np
import pytest

from numerics.activations import Activation
from numerics.small_networks import NetworkLoss
from validation.kl_chains import InitialStates, LangevinChains
from validation.kl_landscapes import Chain, LinearNetwork, Polynomial, Quadratic
from validation.kl_networks import InitialNetworks
from validation.kl_sgd_chains import SgdChains
from validation.observables import HALVING, combination, halving_change
from validation.simulation import Summary

HESSIAN = ((0.6, 0.25), (0.25, 1.4))
INPUTS = ((1.0, 0.5), (-0.3, 0.8), (0.2, -1.0))
NETWORKS = (
    LinearNetwork((2, 2, 1), INPUTS, ((0.5,), (1.0,), (-0.5,))),
    LinearNetwork((2, 3, 2), INPUTS, ((0.5, 0.1), (0.0, 1.0), (-0.5, 0.4))),
    LinearNetwork((2, 1, 3, 2), INPUTS, ((0.5, 0.1), (0.0, 1.0), (-0.5, 0.4))),
    LinearNetwork((2, 1), INPUTS, ((0.5,), (1.0,), (-0.5,))),
)
LANDSCAPES = (
    Quadratic(HESSIAN),
    Polynomial((0.3, -0.2, -0.5, 0.1, 0.25)),
    Chain(1.3, 0.7, 0.4),
    *NETWORKS,
)


def summed(simulation, seed=3):
    chunk = simulation.simulate(simulation.replicates, np.random.default_rng(seed))
    return Summary.of(simulation, [chunk])


@pytest.mark.parametrize("landscape", LANDSCAPES, ids=lambda one: one.description)
def test_gradients_are_those_of_the_losses(landscape):
    rng = np.random.default_rng(1)
    states = rng.standard_normal((20, landscape.parameters))
    step = 1e-5
    for k, direction in enumerate(np.eye(landscape.parameters)):
        ends = (landscape.losses(states + side * step * direction) for side in (1, -1))
        high, low = ends
        slope = (high - low) / (2 * step)
        assert landscape.gradients(states)[:, k] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.description)
def test_linear_networks_are_those_of_back_propagation(network):
    inputs, targets = np.array(network.inputs), np.array(network.targets)
    other = NetworkLoss(network.widths, Activation(1.0, 1.0), inputs, targets)
    states = np.random.default_rng(2).standard_normal((50, network.parameters))
    assert network.parameters == other.parameters
    assert network.losses(states) == pytest.approx(other.losses(states), rel=1e-12)
    assert network.gradients(states) == pytest.approx(other.gradients(states), rel=1e-9, abs=1e-12)


def test_powers_are_means_over_the_examples():
    network = NETWORKS[0]
    assert network.input_power == pytest.approx((1.25 + 0.73 + 1.04) / 3, rel=1e-12)
    assert network.target_power == pytest.approx(1.5 / 3, rel=1e-12)


def test_the_chain_is_a_network_with_weight_decay():
    chain = Chain(1.3, 0.7, 0.4)
    other = NetworkLoss(
        (1, 1, 1), Activation(1.0, 1.0), np.array([[1.3]]), np.array([[0.7]]), weight_decay=0.4
    )
    states = np.random.default_rng(3).standard_normal((50, 2))
    assert chain.losses(states) == pytest.approx(other.losses(states), rel=1e-12)
    assert chain.gradients(states) == pytest.approx(other.gradients(states), rel=1e-12)


def sgd(**changes):
    chains = SgdChains(
        HESSIAN, ((1.0, 0.2), (0.7, 0.5)), 0.6, 2, 0.5, (0, 40), 40_000, pairs=((1, 1), (1, 2))
    )
    return replace(chains, **changes)


@pytest.mark.parametrize("law", ["normal", "rademacher"])
def test_sgd_chains_have_the_covariance_of_their_equation(law):
    """Iterated as matrices, step by step; the observables are quadratic forms of it."""
    summary = summed(sgd(law=law))
    a, b = np.array(HESSIAN), np.array(sgd().noise_factor)
    covariance, keep = 0.5 * np.eye(2), np.eye(2) - 0.6 * a
    for record, steps in enumerate((0, 40)):
        for _ in range(steps):
            covariance = keep @ covariance @ keep + 0.36 / 2 * b @ b.T
        expected = {
            "loss": np.trace(a @ covariance) / 2,
            "square": np.trace(covariance),
            "slope": np.trace(a @ covariance @ a),
            "w_1 w_1": covariance[0, 0],
            "w_1 w_2": covariance[0, 1],
        }
        for name, value in expected.items():
            sample = combination(summary, {name: 1.0}, record)
            assert abs(sample.mean - value) < 5 * sample.standard_error


def test_langevin_chains_relax_as_their_equation_says():
    rates, temperature, start = (0.5, 2.0), 0.3, 1.7
    chains = LangevinChains(
        Quadratic(((0.5, 0.0), (0.0, 2.0))),
        temperature,
        start,
        0.05,
        (10, 30),
        40_000,
        ((1, 1), (2, 2)),
    )
    summary = summed(chains)
    for record, steps in enumerate(chains.record):
        for k, rate in enumerate(rates):
            left = np.exp(-2 * rate * 0.05 * steps)
            value = temperature / rate + (start - temperature / rate) * left
            name = f"w_{k + 1} w_{k + 1}"
            sample = combination(summary, {name: 1.0}, record)
            assert abs(sample.mean - value) < 5 * sample.standard_error + 1e-3
            assert halving_change(summary, {name: 1.0}, record).mean == pytest.approx(0, abs=5e-3)
        virial, loss = (combination(summary, {n: 1.0}, record).mean for n in ("virial", "loss"))
        assert virial == pytest.approx(2 * loss, rel=1e-9)


def test_halving_the_step_divides_its_error_by_four():
    """Second order: the change itself falls by 4, so a third of it bounds what is left."""
    changes = []
    for step, steps in ((0.4, 10), (0.2, 20)):
        chains = LangevinChains(Quadratic(((1.0,),)), 0.5, 0.2, step, (steps,), 400_000)
        changes.append(halving_change(summed(chains), {"loss": 1.0}).mean)
    assert changes[0] / changes[1] == pytest.approx(4, rel=0.35)


def test_initial_states_are_draws_of_the_initial_law():
    summary = summed(InitialStates(Quadratic(HESSIAN), 0.25, 40_000))
    for name, value in (("square", 0.5), ("loss", 0.25), ("virial", 0.5)):
        sample = combination(summary, {name: 1.0})
        assert abs(sample.mean - value) < 5 * sample.standard_error


def networks(**changes):
    made = InitialNetworks(
        (2, 5, 3),
        (0.5, 0.3),
        0.3,
        INPUTS,
        30_000,
        targets=((0.1, 0.2, 0.3),) * 3,
        labels=(0, 2, 1),
    )
    return replace(made, **changes)


def test_networks_observe_what_plain_code_computes():
    """The same draws, unit by unit."""
    from numerics.network_outputs import network_outputs

    small = networks(replicates=7)
    outputs = network_outputs(
        widths=small.widths,
        variances=small.variances,
        activation=Activation(0.3, 0.3),
        inputs=np.array(INPUTS),
        replicates=7,
        rng=np.random.default_rng(3),
    )
    rows = {"power": [], "half squared": [], "cross entropy": []}
    for net in outputs:
        rows["power"].append(np.mean([sum(f**2) for f in net]))
        apart = [sum((f - np.array(y)) ** 2) / 2 for f, y in zip(net, small.targets, strict=True)]
        rows["half squared"].append(np.mean(apart))
        entropies = [
            np.log(sum(np.exp(f))) - f[label] for f, label in zip(net, small.labels, strict=True)
        ]
        rows["cross entropy"].append(np.mean(entropies))
    summary = summed(small)
    for name, values in rows.items():
        sample = combination(summary, {name: 1.0})
        assert sample.mean == pytest.approx(np.mean(values), rel=1e-12)
        assert sample.std == pytest.approx(np.std(values, ddof=1), rel=1e-9)


def test_networks_keep_only_what_they_can():
    assert networks().observables == ("power", "half squared", "cross entropy")
    assert networks(targets=()).observables == ("power", "cross entropy")
    assert networks(labels=()).observables == ("power", "half squared")


EVERY = (
    sgd(),
    LangevinChains(NETWORKS[0], 0.1, 0.2, 0.05, (2, 4), 500),
    InitialStates(Chain(1.3, 0.7, 0.4), 0.3, 500),
    networks(replicates=500),
)


@pytest.mark.parametrize("simulation", EVERY, ids=lambda one: type(one).__name__)
def test_simulations_are_named_by_their_contents_and_cut_into_chunks(simulation):
    assert hash(simulation) == hash(replace(simulation))
    assert simulation.key == replace(simulation).key
    other = replace(simulation, replicates=simulation.replicates + 1)
    assert other.key != simulation.key
    assert sum(simulation.chunks) == simulation.replicates
    assert simulation.seconds > 0
    assert simulation.bytes > 0
    assert (simulation.orders, simulation.thresholds) == ((), ())
    assert simulation.depth >= 0
    assert len(simulation.description) > 10


@pytest.mark.parametrize("simulation", EVERY, ids=lambda one: type(one).__name__)
def test_the_same_stream_gives_the_same_sums(simulation):
    small = replace(simulation, replicates=200)
    one, two = (small.simulate(200, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one["cubic_sums"], two["cubic_sums"])
    size = len(small.observables) + 1
    assert one["cubic_sums"].shape[1:] == (size,) * 3
    assert one["cubic_sums"][0, 0, 0, 0] == 200


def test_landscapes_of_the_same_numbers_are_told_apart():
    """Quadratics and polynomials have one field each; what they are enters the name."""
    fields = {"temperature": 0.1, "initial_variance": 0.1, "step": 0.1, "record": (1,)}
    keys = {
        LangevinChains(one, **fields, replicates=5).key
        for one in (Chain(1.0, 1.0, 1.0), Polynomial((1.0, 1.0, 1.0)), Quadratic(((1.0,),)))
    }
    assert len(keys) == 3


def test_langevin_observables_come_in_pairs():
    names = EVERY[1].observables
    half = len(names) // 2
    assert names[half:] == tuple(name + HALVING for name in names[:half])
