"""Results: one file a fit, and the scores as a tidy frame."""
