"""An iikoServer for the demo, the tests and the benchmark: same paths, same shapes, same refusals, invented data."""

from simulator.core import Simulator
from simulator.readings import Readings

__all__ = ["Readings", "Simulator"]
