"""What went into a model or tool and came out, whichever dialect it was sent in."""
