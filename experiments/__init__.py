"""One thin script per experiment: flags, configuration, run."""
