"""The door: tables that people have become corpora and inputs, and nothing of them is taken silently."""
