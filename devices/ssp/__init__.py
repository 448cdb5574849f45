"""SSP, the protocol of ITL note validators and pay-outs: packets, encryption, events, states, the session.

Failures: as its modules say.
"""
