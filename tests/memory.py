"""Limits on the memory that a test may take."""

import contextlib
import tracemalloc


@contextlib.contextmanager
def memory_below(most):
    """Checks that less than `most` bytes are taken at any time; NumPy reports them too."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
