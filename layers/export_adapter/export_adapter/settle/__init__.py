"""Records are acknowledged, returned to the queue, or parked on the dead-letter queue."""
