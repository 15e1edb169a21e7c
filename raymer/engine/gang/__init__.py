"""Gangs: fits carried by Ray Train, as many workers as a cluster has room for."""
