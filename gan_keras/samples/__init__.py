"""From a generator to samples, scores, exports and pictures of its networks."""
