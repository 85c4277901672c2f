"""What `make check` and `make mutants` run beside the linters and the tests."""
