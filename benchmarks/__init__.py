"""Benchmarks: `python -m benchmarks NAME [--json]`. Each prints a table; figures count as ratios in one run."""
