"""Looks at the messages of the dead-letter queue, sends them back to the main queue, or removes them."""
