"""Show the messages of the dead-letter queue, replay them to the main queue, or discard them."""
