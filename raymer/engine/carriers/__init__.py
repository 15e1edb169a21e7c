"""Carriers: what takes units of a work list and runs them, here, in other processes, or on Ray."""
