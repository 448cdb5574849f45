"""ccTalk, the bus of coin acceptors and hoppers: frames, messages, events and pay-outs, states, the bus, the devices.

Failures: as its modules say.
"""
