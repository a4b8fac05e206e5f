"""The parts of demo.py: a server, the programs, what is expected of them, and the report."""
