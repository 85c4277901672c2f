"""Drafts rules for failures that no rule knew."""
