"""The results on fractional moments, as data."""

from __future__ import annotations

from theory.catalogue_forms import ARGUMENTS, forms
from theory.catalogue_sources import GURBUZBALABAN_HU, HE, LECUN
from theory.catalogue_subject import Subject

__all__ = ["RESULTS", "record"]

_PAPER = "Gurbuzbalaban & Hu 2021 (AISTATS, PMLR 130:2233-2241; arXiv 2005.11878v5)"
_MOMENTS = f"{_PAPER}: moments of one layer's output"
_SCHEME = (
    f"{_PAPER}: initialisation preserving the s-th moment of the output; unequal widths: extension"
)
_SERIES = f"{_PAPER}: large-width expansions of that initialisation (linear, ReLU); every activation: extension"
_EXTENSION = f"extension of {_PAPER}"

_NORMAL = "z ~ N(0, I)"
_SLOPES = "slopes drawn from U[lower, upper], independently for each unit"
_MASKS = "units kept independently with probability keep_prob, then multiplied by 1/keep_prob (rescale) or 1"
_LAYER = (
    "x_1 = phi(W x_0), entries of W iid N(0, variance), biases zero",
    "x_0 not zero, independent of W",
)
_EQUAL = (*_LAYER, "fan_in = fan_out = width")

_MOMENT_DOMAIN = "order > 0; width a whole number >= 1"
_LAYER_DOMAIN = "order > 0; fan_in, fan_out whole numbers >= 1"
_SLOPE = "; slope finite, not 0 (0 is ReLU)"
_RANGE = "; 0 <= lower < upper"
_KEEP = f"{_SLOPE}; 0 < keep_prob <= 1"


record = Subject("fm", "theory.derivations.fractional_moments", ARGUMENTS, GURBUZBALABAN_HU).record
"""Makes the record of one result of this subject."""

RESULTS = (
    record(
        "laplace.linear",
        "The Laplace transform of z^2 is (1 + 2t)^(-1/2).",
        "t",
        (_NORMAL,),
        "t >= 0",
        _EXTENSION,
        forms("laplace", "linear"),
    ),
    record(
        "laplace.relu",
        "The Laplace transform of relu(z)^2 is (1 + (1 + 2t)^(-1/2))/2.",
        "t",
        (_NORMAL,),
        "t >= 0",
        _EXTENSION,
        forms("laplace", "relu"),
    ),
    record(
        "laplace.leaky-relu",
        "The Laplace transform of phi(z)^2 for leaky ReLU of slope a is ((1 + 2t)^(-1/2) + (1 + 2 a^2 t)^(-1/2))/2.",
        "t a",
        (_NORMAL,),
        f"t >= 0{_SLOPE}",
        _EXTENSION,
        forms("laplace", "leaky-relu"),
    ),
    record(
        "laplace.rrelu",
        "The Laplace transform of phi(z)^2 for a slope drawn from U[l, u] is elementary (inverse hyperbolic sines).",
        "t l u",
        (_NORMAL, _SLOPES),
        f"t > 0{_RANGE}",
        _EXTENSION,
        forms("laplace", "rrelu"),
    ),
    record(
        "laplace.dropout",
        "Dropout with gain g turns the Laplace transform psi(t) into 1 - q + q psi(g^2 t) (leaky ReLU).",
        "t a q g",
        (_NORMAL, _MASKS),
        f"t >= 0{_KEEP}",
        _EXTENSION,
        forms("laplace", "dropout"),
    ),
    record(
        "layer-laplace",
        "For one layer, E exp(-t |x_1|^2/|x_0|^2) = psi(variance t)^fan_out, whatever x_0 and fan_in (leaky ReLU).",
        "t a sigma2 d_out",
        _LAYER,
        f"t >= 0; variance > 0; fan_out a whole number >= 1{_SLOPE}",
        _EXTENSION,
        forms("layer_laplace", "leaky-relu"),
    ),
    record(
        "mellin",
        "The moment of a layer's norm is a Mellin integral of its Laplace transform psi^width (leaky ReLU).",
        "p d a",
        (_NORMAL,),
        f"0 < order < 2; width a whole number >= 1{_SLOPE}",
        _EXTENSION,
        forms("norm_moment", "leaky-relu"),
    ),
    record(
        "norm-moment.linear",
        "The moment E|z|^(2p) is 2^p Gamma(d/2 + p)/Gamma(d/2).",
        "p d",
        (_NORMAL,),
        _MOMENT_DOMAIN,
        _MOMENTS,
        forms("norm_moment", "linear"),
    ),
    record(
        "norm-moment.relu",
        "The moment E|relu(z)|^(2p) averages chi-square moments over the Binomial(d, 1/2) number of active units.",
        "p d",
        (_NORMAL,),
        _MOMENT_DOMAIN,
        _MOMENTS,
        forms("norm_moment", "relu"),
    ),
    record(
        "norm-moment.leaky-relu",
        "The moment E|phi(z)|^(2p) of leaky ReLU is a binomial sum of Gauss hypergeometric functions.",
        "p d a",
        (_NORMAL,),
        f"{_MOMENT_DOMAIN}{_SLOPE}",
        _MOMENTS,
        forms("norm_moment", "leaky-relu"),
    ),
    record(
        "norm-moment.rrelu",
        "The moment E|phi(z)|^(2p) of randomised leaky ReLU is one integral of elementary functions.",
        "p d l u",
        (_NORMAL, _SLOPES),
        f"0 < order < 2; width a whole number >= 1{_RANGE}",
        _EXTENSION,
        forms("norm_moment", "rrelu"),
    ),
    record(
        "norm-moment.dropout",
        "With dropout the moment averages those of leaky ReLU over the Binomial(d, q) number of kept units.",
        "p d a q g",
        (_NORMAL, _MASKS),
        f"{_MOMENT_DOMAIN}{_KEEP}",
        _EXTENSION,
        forms("norm_moment", "dropout"),
    ),
    record(
        "two-routes",
        "For ReLU the Mellin integral and the finite binomial sum are the same number.",
        "p d",
        (_NORMAL,),
        "0 < order < 2; width a whole number >= 1",
        _EXTENSION,
        forms("norm_moment", "relu"),
    ),
    record(
        "weight-variance.linear",
        "The variance that preserves E(|x|/sqrt(width))^s through a linear layer is a ratio of Gamma functions.",
        "s d_in d_out",
        _LAYER,
        _LAYER_DOMAIN,
        _SCHEME,
        forms("weight_variance", "linear"),
    ),
    record(
        "weight-variance.relu",
        "The variance that preserves E(|x|/sqrt(width))^s through ReLU is (d_out/d_in) (E|relu(z)|^s)^(-2/s).",
        "s d_in d_out",
        _LAYER,
        _LAYER_DOMAIN,
        _SCHEME,
        forms("weight_variance", "relu"),
    ),
    record(
        "weight-variance.leaky-relu",
        "The variance that preserves E(|x|/sqrt(width))^s through leaky ReLU is (d_out/d_in) (E|phi(z)|^s)^(-2/s).",
        "s d_in d_out a",
        _LAYER,
        f"{_LAYER_DOMAIN}{_SLOPE}",
        _SCHEME,
        forms("weight_variance", "leaky-relu"),
    ),
    record(
        "weight-variance.rrelu",
        "The variance that preserves E(|x|/sqrt(width))^s through randomised leaky ReLU is an integral's power.",
        "s d_in d_out l u",
        (*_LAYER, _SLOPES),
        f"0 < order < 2; fan_in, fan_out whole numbers >= 1{_RANGE}",
        _EXTENSION,
        forms("weight_variance", "rrelu"),
    ),
    record(
        "weight-variance.dropout",
        "The variance that preserves E(|x|/sqrt(width))^s through leaky ReLU and dropout, in closed form.",
        "s d_in d_out a q g",
        (*_LAYER, _MASKS),
        f"{_LAYER_DOMAIN}{_KEEP}",
        f"{_EXTENSION}, which has dropout in its abstract",
        forms("weight_variance", "dropout"),
    ),
    record(
        "lecun",
        "At order 2 the preserving weight variance of a linear layer is 1/fan_in.",
        "d_in",
        _LAYER,
        "fan_in a whole number >= 1",
        "LeCun et al. 1998 (Efficient BackProp): variance 1/fan_in",
        forms("weight_variance", "linear", order=2),
        f"{LECUN}\n{GURBUZBALABAN_HU}",
    ),
    record(
        "he",
        "At order 2 the preserving weight variance of ReLU is 2/fan_in.",
        "d_in",
        _LAYER,
        "fan_in a whole number >= 1",
        "He et al. 2015 (arXiv 1502.01852): variance 2/fan_in for ReLU",
        forms("weight_variance", "relu", order=2),
        f"{HE}\n{GURBUZBALABAN_HU}",
    ),
    record(
        "he-leaky",
        "At order 2 the preserving weight variance of leaky ReLU is 2/((1 + a^2) fan_in).",
        "d_in a",
        _LAYER,
        f"fan_in a whole number >= 1{_SLOPE}",
        "He et al. 2015 (arXiv 1502.01852): variance 2/((1 + a^2) fan_in) for leaky ReLU",
        forms("weight_variance", "leaky-relu", order=2),
        f"{HE}\n{GURBUZBALABAN_HU}",
    ),
    record(
        "expansion.second-order",
        "The variance preserving order s is (1/(m1 d)) (1 + c1/d) + O(d^-3), c1 = (2 - s) v/(4 m1^2).",
        "s d m1 v",
        _EQUAL,
        f"{_MOMENT_DOMAIN}; width -> infinity; the remainder is derived for order <= 4",
        _SERIES,
        forms("weight_variance_expansion", "any", terms=2),
    ),
    record(
        "expansion.third-order",
        "The variance preserving order s is known to O(d^-4) from three cumulants of phi(z)^2.",
        "s d m1 v k3",
        _EQUAL,
        f"{_MOMENT_DOMAIN}; width -> infinity; the remainder is derived for order <= 4",
        _EXTENSION,
        forms("weight_variance_expansion", "any", terms=3),
    ),
    record(
        "monotone",
        "The variance preserving order s is at least the one preserving any higher order (leaky ReLU, equal widths).",
        "s d a",
        _EQUAL,
        f"order > 0; fan_in = fan_out a whole number >= 1{_SLOPE}",
        f"{_PAPER}: monotonicity of sigma(s, d) in s",
        forms("equal_width_variance", "leaky-relu"),
    ),
)
