"""Batches reach Pleo's Export API, and every item gets an outcome."""
