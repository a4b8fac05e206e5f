"""What OTLP and HTTP promise to clients, checked against a real server."""
