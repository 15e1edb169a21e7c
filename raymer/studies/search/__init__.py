"""A search, planned: what its trials are, which go on, and the journal of what they scored. Knows no Ray Tune."""
