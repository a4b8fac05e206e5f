"""The parts of week.py: each module sends one kind of thing, by the door that its users take."""
