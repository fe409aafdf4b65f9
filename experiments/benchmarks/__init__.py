"""Measurements of speed, each with its result committed under `results`."""
