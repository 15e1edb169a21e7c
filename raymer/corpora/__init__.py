"""Corpora: clips with annotations, read from their archives' own layouts."""
