"""A failure becomes a failure reason type and a sentence that a bookkeeper can act on."""
