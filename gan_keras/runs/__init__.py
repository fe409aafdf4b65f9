"""Training runs: build, resume, fit, score, report."""
