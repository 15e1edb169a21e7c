"""An experiment on a corpus, planned: systems, fits and units; and one unit, run. Knows no Ray."""
