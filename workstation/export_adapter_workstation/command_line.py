"""`export-adapter`: everything that is run on a workstation."""

import click

from export_adapter_workstation.commands.dead_letters import dead_letters
from export_adapter_workstation.commands.demo import demo, up
from export_adapter_workstation.commands.doctor import doctor
from export_adapter_workstation.commands.explain import explain
from export_adapter_workstation.commands.rules import rules
from export_adapter_workstation.commands.send import send
from export_adapter_workstation.commands.soak import soak
from export_adapter_workstation.commands.suggest import suggest


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Carry accounting results back into Pleo: try it out, explain failures, look after a deployed stack."""


main.add_command(demo)
main.add_command(up)
main.add_command(send)
main.add_command(dead_letters)
main.add_command(doctor)
main.add_command(explain)
main.add_command(rules)
main.add_command(suggest)
main.add_command(soak)
