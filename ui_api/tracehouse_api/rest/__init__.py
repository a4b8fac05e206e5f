"""The older REST wire, turned into OTLP at the edge: each call becomes spans, points or events, and
goes the way of everything else. Nothing here writes to a table."""
