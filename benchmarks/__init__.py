"""Figures beside their rivals, in one run, on the same machine and data: `python -m benchmarks`."""
