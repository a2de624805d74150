"""The derivations of the fractional-moment subject, by id of the result they conclude.

Source: Gurbuzbalaban & Hu 2021 for the variances and their expansions; Laplace transforms, Mellin
integrals and the 2F1 mixture are an extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import sympy

from theory.derivations import fractional_moments_drift_results as drift
from theory.derivations import fractional_moments_expansions as expansions
from theory.derivations import fractional_moments_laplace as laplace
from theory.derivations import fractional_moments_law as law
from theory.derivations import fractional_moments_law_cdf as law_cdf
from theory.derivations import fractional_moments_law_convolution as law_convolution
from theory.derivations import fractional_moments_law_depth as law_depth
from theory.derivations import fractional_moments_law_limits as law_limits
from theory.derivations import fractional_moments_law_mellin as law_mellin
from theory.derivations import fractional_moments_mellin as mellin
from theory.derivations import fractional_moments_mixtures as mixtures
from theory.derivations import fractional_moments_reductions as reductions
from theory.derivations import fractional_moments_sums as sums
from theory.derivations import fractional_moments_tails as tails
from theory.derivations import fractional_moments_tails_constant as tails_constant
from theory.derivations import fractional_moments_tails_index as tails_index
from theory.derivations import fractional_moments_variance as variance
from theory.derivations.steps import Derivation

__all__ = ["DERIVATIONS", "SUPPLEMENTS", "Builder"]

Builder = Callable[[], Derivation]

#: id of a result -> function that builds its derivation
DERIVATIONS: Mapping[str, Builder] = MappingProxyType(
    {
        "fm.laplace.linear": laplace.linear,
        "fm.laplace.relu": laplace.relu,
        "fm.laplace.leaky-relu": laplace.leaky_relu,
        "fm.laplace.rrelu": laplace.randomised,
        "fm.laplace.dropout": laplace.dropout,
        "fm.layer-laplace": variance.layer_laplace,
        "fm.mellin": mellin.leaky_relu,
        "fm.norm-moment.linear": sums.linear,
        "fm.norm-moment.relu": sums.relu,
        "fm.norm-moment.leaky-relu": mixtures.leaky_relu,
        "fm.norm-moment.rrelu": mellin.randomised,
        "fm.norm-moment.dropout": mixtures.dropout,
        "fm.two-routes": mellin.two_routes,
        **{
            f"fm.weight-variance.{name}": partial(variance.weight_variance, name)
            for name in variance.MODELS
            if name != "dropout.relu"
        },
        "fm.lecun": reductions.lecun,
        "fm.he": reductions.he,
        "fm.he-leaky": reductions.he_leaky,
        "fm.expansion.second-order": partial(expansions.expansion, 2),
        "fm.expansion.third-order": partial(expansions.expansion, 3),
        "fm.monotone": expansions.monotone,
        **drift.DERIVATIONS,
        **law.DERIVATIONS,
        **law_mellin.DERIVATIONS,
        **law_cdf.DERIVATIONS,
        **law_convolution.DERIVATIONS,
        **law_depth.DERIVATIONS,
        **law_limits.DERIVATIONS,
        **tails.DERIVATIONS,
        **tails_constant.DERIVATIONS,
        **tails_index.DERIVATIONS,
    }
)

#: derivations beside the results: norm mode, ReLU with dropout, a second route for leaky ReLU, special expansions
SUPPLEMENTS: Mapping[str, Builder] = MappingProxyType(
    {
        **{
            f"fm.weight-variance.{name}.norm": partial(variance.weight_variance, name, "norm")
            for name in variance.MODELS
        },
        "fm.laplace.dropout.relu": partial(laplace.dropout, laplace.relu(), sympy.Integer(0)),
        "fm.norm-moment.dropout.relu": mixtures.relu_dropout,
        "fm.weight-variance.dropout.relu": partial(variance.weight_variance, "dropout.relu"),
        "fm.two-routes.leaky-relu": mellin.two_routes_leaky,
        "fm.expansion.second-order.linear.bound": expansions.linear_bound,
        **{
            f"fm.expansion.{order}-order.{name}": partial(expansions.special_expansion, name, terms)
            for order, terms in (("second", 2), ("third", 3))
            for name in ("linear", "relu", "leaky-relu")
        },
        **drift.SUPPLEMENTS,
        **law_mellin.SUPPLEMENTS,
        **law_cdf.SUPPLEMENTS,
        **law_depth.SUPPLEMENTS,
        **law_limits.SUPPLEMENTS,
        **tails_index.SUPPLEMENTS,
        **tails_constant.SUPPLEMENTS,
    }
)
