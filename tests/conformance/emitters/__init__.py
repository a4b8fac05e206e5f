"""The real clients of models and tracing SDKs, unmodified, against a real server."""
