"""Protocols: splits and metrics."""
