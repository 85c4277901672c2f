"""`python -m export_adapter_workstation.local.pleo --port 0`: a local Pleo until it is told to end.

It starts with no jobs and no credentials; LocalPleoClient, or POST /_local/credentials and /_local/jobs,
bring them.
"""

import argparse
import sys

from export_adapter_workstation.local.pleo.process import MODULE, serve_until_told

_WHAT_IT_IS = "Serve a local Pleo until it is told to end. It starts with no jobs and no credentials."


def main() -> int:
    """Read the arguments and serve; return the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description=_WHAT_IT_IS)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input is closed, so with the parent too",
    )
    arguments = parser.parse_args()
    try:
        serve_until_told(arguments.port, until_stdin_closes=arguments.until_stdin_closes)
    except OSError as error:
        print(f"Port {arguments.port} cannot be used: {error.strerror}. Take --port 0.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
