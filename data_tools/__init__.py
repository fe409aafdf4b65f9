"""Ground floor: pen strokes to image arrays. Imports neither TensorFlow nor anything above it."""
