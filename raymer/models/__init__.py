"""The final model: a system fitted on all clips, saved as a folder, and predicting. Knows no Ray."""
