"""Sweeps: the runs of a study, on this machine or a cluster, and their evaluation. No TensorFlow.

A study file (`study.py`, `measures.py`) becomes runs (`plan.py`), which `sweep.py` gives to an
engine (`engines.py`, `run_process.py`) and notes in a results file (`results_file.py`).
`estimates.py`, `rules.py` and `claims.py` evaluate that; `results_page.py` and `seed_dots.py` show
it.
"""
