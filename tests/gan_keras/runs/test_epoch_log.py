"""When the curves of a run are drawn."""
