"""Searching parameters on Ray Tune and Optuna, flat or nested."""
