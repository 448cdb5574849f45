"""Settings, texts and service files that ship with tillpost; data, read through importlib.resources."""
