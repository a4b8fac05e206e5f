"""The ground floor: the vocabulary (generated from `semconv/registry`), and the on-disk record."""
