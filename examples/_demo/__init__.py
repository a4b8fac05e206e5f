"""The parts of demo.py: a server, the programs, what is expected of them, the report, the
questions."""
