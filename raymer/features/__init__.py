"""Features: pure functions from samples to arrays, and their layout on disk."""
