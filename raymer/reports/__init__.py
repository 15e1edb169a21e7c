"""Reports: tables and figures from stored scores."""
