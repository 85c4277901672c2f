"""Examines a deployed stack from outside: what is wrong with it, and the command that mends it."""
