"""Experiments: one YAML file a published table or figure."""
