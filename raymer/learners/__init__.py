"""Learners: scikit-learn estimators, and the methods made of them."""
