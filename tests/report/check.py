# SPDX-License-Identifier: BSD-3-Clause
"""tests/benchmarks/report on numbers made up here, so that one can see that its tables are right."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from goals import At, Goal

loader = importlib.machinery.SourceFileLoader("report", str(BENCHMARKS / "report"))
report = importlib.util.module_from_spec(importlib.util.spec_from_loader("report", loader))
loader.exec_module(report)


def line(benchmark, implementation, value, unit, **parameters):
    return {"benchmark": benchmark, "parameters": parameters, "implementation": implementation, "value": value, "unit": unit}


LINES = [
    line("take", "ours", 51.26, "ns", path="warm", idle=10),
    line("take", "ours", 1234.5, "ns", path="parked", idle=10),
    line("take", "ours", 99999, "ns", path="parked", idle=1000),
    line("take", "theirs, which has a rather long name", 5, "ns", path="parked", idle=10),
    line("memory", "ours", 1.004, "KiB", transport="TCP", metric="an end"),
    line("memory", "ours", 40.96, "KiB", transport="TLS", metric="an end"),
    line("memory", "ours", 0.0123, "s", transport="TCP", metric="time"),
    # A program tells all metrics of one row after another.
    line("gui", "ours", 1, "ms", connections=300, metric="longest", threads=0),
    line("gui", "ours", 2, "ms", connections=300, metric="p50", threads=0),
    line("gui", "ours", 3, "ms", connections=300, metric="longest", threads=1),
    line("gui", "ours", 4, "ms", connections=300, metric="p50", threads=1),
    # Measured three times, then twice.
    line("fill", "ours", 30, "1/s", connections=500),
    line("fill", "ours", 10, "1/s", connections=500),
    line("fill", "ours", 20, "1/s", connections=500),
    line("fill", "ours", 12, "1/s", connections=8000),
    line("fill", "ours", 14, "1/s", connections=8000),
]

GOALS = [
    Goal("at the limit", At("fill", "ours", connections=500), ">=", 20, "1/s"),
    Goal("one too few", At("fill", "ours", connections=500), ">=", 21, "1/s"),
    Goal("at most", At("memory", "ours", transport="TLS"), "<=", 40, "KiB"),
    Goal("the largest", At("take", "ours", largest="idle", path="parked"), "<=", 100000, "ns"),
    Goal("a ratio", At("fill", "ours", connections=8000), ">=", 0.65, reference=[At("fill", "ours", connections=500)]),
    Goal("a sum", At("take", "ours", path="parked", idle=10), "<=", 1.2,
         reference=[At("take", "ours", path="warm"), At("take", "theirs, which has a rather long name")]),
    Goal("no such line", At("take", "nobody"), "<=", 1, "ns"),
    Goal("no such reference", At("take", "ours", path="warm"), "<=", 1, reference=[At("take", "nobody")]),
    Goal("two lines", At("take", "ours", path="parked"), "<=", 1, "ns"),
    Goal("another unit", At("take", "ours", path="warm"), "<=", 1, "µs"),
]

EXPECTED = """\
take, in ns
                       theirs, which
                        has a rather
path    idle     ours      long name
------  ----  -------  -------------
warm    10       51.3
parked  10      1,230           5.00
parked  1000  100,000

memory, an end, in KiB
transport  ours
---------  ----
TCP        1.00
TLS        41.0

memory, time, transport TCP, in s
  ours
------
0.0123

gui, connections 300, in ms
metric   threads  ours
-------  -------  ----
longest  0        1.00
longest  1        3.00
p50      0        2.00
p50      1        4.00

fill, in 1/s
connections  ours
-----------  ----
500          20.0
8000         13.0

Goals
benchmark  goal               wanted         measured    verdict
---------  -----------------  -------------  ----------  ---------------------------------------
fill       at the limit       >= 20 1/s      20.0 1/s    met
fill       one too few        >= 21 1/s      20.0 1/s    NOT MET
memory     at most            <= 40 KiB      41.0 KiB    NOT MET
take       the largest        <= 100,000 ns  100,000 ns  met
fill       a ratio            >= 0.65 x      0.650 x     met
take       a sum              <= 1.2 x       21.9 x      NOT MET
take       no such line       <= 1 ns                    not measured
take       no such reference  <= 1 x                     not measured
take       two lines          <= 1 ns                    cannot be told: 2 numbers fit
take       another unit       <= 1 µs                    cannot be told: different units: ns, µs
"""


class Report(unittest.TestCase):
    maxDiff = None

    def test_the_whole_of_it(self):
        with tempfile.TemporaryDirectory() as folder:
            # As the runner gives it: several files, each with the lines of one program.
            files = [pathlib.Path(folder, name) for name in ("first", "second")]
            files[0].write_text("".join(json.dumps(one) + "\n" for one in LINES[:5]), encoding="utf-8")
            files[1].write_text("".join(json.dumps(one) + "\n" for one in LINES[5:]), encoding="utf-8")
            output = pathlib.Path(folder, "output.json")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                report.main(["--json", str(output), *map(str, files)], GOALS)
            self.assertEqual(printed.getvalue(), EXPECTED)
            self.assertEqual(json.loads(output.read_text(encoding="utf-8")), LINES)

    def test_three_significant_digits(self):
        for value, text in ((0, "0"), (0.000123456, "0.000123"), (0.9996, "1.00"), (1, "1.00"), (9.996, "10.0"), (12.34, "12.3"),
                            (99.96, "100"), (999.6, "1,000"), (1234567, "1,230,000"), (-45.67, "-45.7")):
            self.assertEqual(report.digits(value), text)

    def test_too_many_implementations_become_rows(self):
        lines = [line("b", f"implementation {i:02}", i, "ns", size=size) for i in range(20) for size in (1, 2)]
        text = report.table("b", lines)
        self.assertEqual(text[1].split(), ["size", "1", "size", "2"])
        self.assertEqual(text[3 + 7].split(), ["implementation", "07", "7.00", "7.00"])

    def test_what_is_no_measurement_is_told_and_left_out(self):
        good = line("take", "ours", 1, "ns", path="warm")
        wrong = ["", "nonsense", "[]", "{}", json.dumps({**good, "value": None}), json.dumps({**good, "value": "1"}),
                 json.dumps({**good, "value": True}), json.dumps({**good, "value": float("nan")}), json.dumps({**good, "more": 1}),
                 json.dumps({**good, "parameters": {"path": []}})]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "lines")
            file.write_text("\n".join([json.dumps(good), *wrong, json.dumps(good)]), encoding="utf-8")
            run = subprocess.run([sys.executable, str(BENCHMARKS / "report"), str(file)], capture_output=True, encoding="utf-8")
            self.assertEqual(run.returncode, 1)
            self.assertIn("take, path warm, in ns", run.stdout)
            for number in range(len(wrong)):
                self.assertIn(f"{file}:{number + 2}: ", run.stderr)
            self.assertEqual(run.stderr.count(str(file)), len(wrong))

    def test_nothing_measured_is_no_error(self):
        run = subprocess.run([sys.executable, str(BENCHMARKS / "report")], capture_output=True, encoding="utf-8")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        verdicts = run.stdout.splitlines()[3:]
        self.assertTrue(verdicts and all(verdict.endswith("not measured") for verdict in verdicts), run.stdout)


if __name__ == "__main__":
    unittest.main()
