"""CCNET, the protocol of CashCode note validators: frames, states, the validator from the host's side, its session.

Failures: as its modules say.
"""
