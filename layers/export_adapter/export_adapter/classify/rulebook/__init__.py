"""The rules: how their files are read and checked, and how the ones that fit a failure are found."""
