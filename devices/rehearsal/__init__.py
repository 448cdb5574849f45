"""Rehearsals without a device: simulated devices where a host program finds real ones, and the script they follow.

Failures: as its modules say.
"""
