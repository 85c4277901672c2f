"""Carries accounting results from an SQS queue back into Pleo, without losing one.

The data goes one way through five steps: a record is read, its failures are classified, its results
are batched by export job, the batches are delivered to Pleo, and the records are settled.
"""
