"""Money in a machine: the units that hold it, change from what they hold, and when cash is blocked.

Failures: as its modules say.
"""
