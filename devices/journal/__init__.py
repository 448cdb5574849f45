"""The journal of cash: its entries, what they come to, and the paper that they are written on.

Failures: as its modules say.
"""
