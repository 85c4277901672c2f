"""Shows and drafts rules."""
