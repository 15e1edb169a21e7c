"""The engine: fits, their plan, and running them; the only room that imports Ray."""
