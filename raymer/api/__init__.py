"""raymer from Python: studies, cross-validation, comparisons; the verbs print what these return."""
