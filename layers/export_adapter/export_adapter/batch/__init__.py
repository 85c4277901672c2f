"""Results become batches: by company and export job, one per entry, at most 100."""
