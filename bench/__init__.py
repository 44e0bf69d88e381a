"""The benchmark: the tap, the target and the alternatives on the same rows, on one machine, in one run."""
