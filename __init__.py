"""tillpost, a post office for shop tills. See ARCHITECTURE.md for the rooms and who may call whom."""

__version__ = "0.1.0"
