"""Heavy tails of a network with biases: the Kesten recursion's tail index, Goldie's constant and the stationary law."""

from theory.heavy_tails.constant import tail_constant
from theory.heavy_tails.index import tail_index
from theory.heavy_tails.law import StationaryLaw
from theory.heavy_tails.moments import stationary_moment

__all__ = ["StationaryLaw", "stationary_moment", "tail_constant", "tail_index"]
