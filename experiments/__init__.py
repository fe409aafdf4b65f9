"""One thin script per experiment or command: flags, configuration, run."""
