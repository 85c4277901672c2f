"""One module for each subcommand of `export-adapter`."""
