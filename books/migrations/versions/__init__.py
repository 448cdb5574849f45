"""A file per version of the sales database, named by its revision."""
