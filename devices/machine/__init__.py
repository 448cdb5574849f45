"""The cash machine of a till: one interface over whatever devices it is made of, and the journal of its money.

Failures: as its modules say.
"""
