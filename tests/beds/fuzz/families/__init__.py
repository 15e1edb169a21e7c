"""The families of bad inputs, a module each."""
