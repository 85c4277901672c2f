"""What a person would see of something that rich prints."""

from rich.console import Console, RenderableType


def printed(view: RenderableType, width: int = 140) -> str:
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(view)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
