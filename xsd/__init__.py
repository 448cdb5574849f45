"""The schemas of what tillpost reads and writes; data, read through importlib.resources."""
