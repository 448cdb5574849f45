"""Lines of bytes to devices: a serial port or socket, and their simulated twin with its clock.

Failures: as its modules say.
"""
