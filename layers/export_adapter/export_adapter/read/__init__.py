"""A record of the queue becomes results: unwrapped, bounded, validated against the published contract."""
