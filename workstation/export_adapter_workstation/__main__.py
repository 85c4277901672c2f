"""Where `export-adapter` begins. Nothing is imported before Ctrl-C has its answer."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C ends it without a traceback, also while it is still being loaded."""
    try:
        from export_adapter_workstation.cli.command_line import main as command_line  # noqa: PLC0415 -- see above

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
