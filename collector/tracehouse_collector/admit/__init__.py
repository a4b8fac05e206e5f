"""Admission: from the bytes of a request to a durable record, or a refusal that says why."""
