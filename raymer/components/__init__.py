"""What can stand in a system: one record a component, one catalogue a role, and who may be let in."""
