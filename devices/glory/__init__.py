"""Glory BrueBox, the controller of a cash recycler: messages and events, states, the controller from the host's side,
its wire and its session.

Failures: as its modules say.
"""
