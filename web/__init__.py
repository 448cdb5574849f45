"""The pages: the same functions as behind the verbs, shown in a browser, and as JSON to programs.

Failures: as `serving` says.
"""
