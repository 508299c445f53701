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



def fill(implementation, transport, connections, threads=0):
    return At("fill", implementation, metric="connections per second", transport=transport, connections=connections,
              setupThreads=threads)


def request(implementation, transport, metric):
    return At("request", implementation, transport=transport, metric=metric)


def checkout(path, **parameters):
    return At("checkout", "qnetpool, socket used", path=path, **parameters)


def attack(name, metric):
    return At("attack", "qnetpool", attack=name, metric=metric)


GOALS = [
    *(Goal(f"parked, {transport}", checkout("parked", transport=transport), "<=", limit, "ns")
      for transport, limit in (("TCP", 3000), ("TLS", 8000))),
    Goal("by ID among 16000, to among 10", checkout("by_id", idle=16000), "<=", 1.2, reference=[checkout("by_id", idle=10)]),

    Goal("most idle connections, to an empty loop", At("loop_turn", "qnetpool", largest="idle"), "<=", 1.2,
         reference=[At("loop_turn", "empty loop", largest="idle")]),

    *(Goal(f"{connections} TCP connections", fill("qnetpool", "TCP", connections), ">=", 30000, "1/s")
      for connections in (500, 8000)),
    Goal("8000 TCP connections, to 500", fill("qnetpool", "TCP", 8000), ">=", 0.9, reference=[fill("qnetpool", "TCP", 500)]),
    Goal("500 TLS connections, to naive Qt", fill("qnetpool", "TLS", 500), ">=", 1.3, reference=[fill("naive Qt", "TLS", 500)]),
    # Both ends are in one process: with a setup thread each, two threads do what one did.
    Goal("500 TLS connections, two threads to one", fill("qnetpool", "TLS", 500, 1), ">=", 1.8,
         reference=[fill("qnetpool", "TLS", 500, 0)]),
    Goal("500 TLS connections, a shared context to one each", fill("qnetpool, shared context", "TLS", 500), ">=", 1.3,
         reference=[fill("qnetpool", "TLS", 500)]),

    *(Goal(f"{transport}, {end}", At("memory", "qnetpool", metric="heap", transport=transport, end=end), "<=", limit, "KiB")
      for transport, limit in (("TCP", 2), ("TLS", 40)) for end in ("client", "server")),

    *(Goal(f"{transport}, p50, to a blocking socket and a loop turn", request("qnetpool", transport, "p50"), "<=", 1.1,
           reference=[request("bare socket, blocking", transport, "p50"), request("event loop", transport, "one turn")])
      for transport in ("TCP", "TLS")),

    Goal("longest stop with 1 setup thread", At("gui", "qnetpool", metric="longest", setupThreads=1), "<=", 5, "ms"),
    Goal("longest work of the pool's thread in one", At("gui", "qnetpool", metric="longest work", setupThreads=1), "<=", 5, "ms"),

    Goal("p50", At("detect", "qnetpool", metric="p50"), "<=", 200, "µs"),
    Goal("full again, to the backoff in force and a fill", At("recovery", "qnetpool", metric="full / (backoff in force + fill)"),
         "<=", 1.2, "x"),

    *(Goal(f"P(wait), {text}", At("ready", "qnetpool", metric="P(wait)", transport="TCP", use=use), "<=", 1, "%")
      for text, use in (("used once", "once"), ("used once, the server waits", "once, server waits"))),

    *(Goal(name, attack(name, "attacked / quiet"), "<=", 2, "x")
      for name in ("ClientHellos, ffdhe8192, 10 a second", "ClientHellos, ffdhe8192", "KeyUpdates on 1", "KeyUpdates on 8")),
    *(Goal(f"{name}, {metric}", attack(name, metric), "<=", limit, "KiB")
      for name in (f"endless bytes, {end}, TLS, {use}" for end in ("server", "client") for use in ("idle", "taken", "validated"))
      for metric, limit in (("after 6 s", 1024), ("grown meanwhile", 32))),
    *(Goal(f"100 descriptors, {transport}, {metric}", attack(f"100 descriptors, {transport}", f"{metric}, attacked"), ">=", limit,
           "connections")
      for transport in ("TCP", "TLS") for metric, limit in (("used in a thread", 1), ("served of 10 afterwards", 10))),
]
