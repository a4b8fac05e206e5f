"""Other places that get what is stored here: Langfuse, any OTLP endpoint."""
