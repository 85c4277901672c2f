"""Finds a deployed stack and looks at it."""
