"""The outside world: one adapter for each outside system, each with a local twin."""
