"""Cash devices at the till: acceptors, hoppers and recyclers. Knows nothing of exports and queues.

Failures: as its modules say.
"""
