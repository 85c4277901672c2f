"""Many results through the deployed stack while everything fails at random, and their reconciliation."""
