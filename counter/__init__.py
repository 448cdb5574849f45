"""The counter, where people and programs are served: a module for each noun of the command line, and its tables."""
