"""OTLP's two transports: what comes over the wire, and what goes back."""
