"""Benchmarks: `python -m benchmarks NAME [--json]`.

Each prints a table and, with --json, one JSON object as its last line. Compare ratios within one run: absolute figures
depend on the machine and its load.
"""
