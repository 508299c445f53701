# SPDX-License-Identifier: BSD-3-Clause
"""The goals that tests/benchmarks/report judges."""


class At:
    """The one number of a benchmark and an implementation with these parameters; of several, with largest="x", that of the
    largest x."""

    def __init__(self, benchmark, implementation, largest=None, **parameters):
        self.benchmark, self.implementation = benchmark, implementation
        self.largest, self.parameters = largest, parameters


class Goal:
    """measured, which is in the unit or, if there is a reference, divided by the sum of that, is at most or at least the limit."""

    def __init__(self, text, measured, relation, limit, unit="", reference=()):
        self.text, self.measured, self.relation, self.limit = text, measured, relation, limit
        self.unit, self.reference = unit, reference


GOALS = [
    *(Goal(f"{connections} plain connections", At("fill", "qnetpool", metric="connections per second", transport="TCP",
                                                  connections=connections, setupThreads=0), ">=", 30000, "1/s")
      for connections in (500, 8000)),
]
