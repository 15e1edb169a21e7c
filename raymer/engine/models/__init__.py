"""Final models: fitted on all clips, saved without pickle, and their predictions."""
