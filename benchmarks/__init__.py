"""Benchmarks: `python -m benchmarks NAME [--json]`.

Each benchmark prints a table and, with --json, a JSON object as the last line. Compare ratios within one run, because
absolute figures depend on the machine and its load.
"""
