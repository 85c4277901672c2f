"""Reads a failure, whatever its wire format, into one normal form: an ErrorReport."""
