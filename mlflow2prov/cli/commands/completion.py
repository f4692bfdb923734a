"""``completion``: print the script that completes commands and options in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.errors import ConfigurationError

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

SHELLS = ("bash", "zsh", "fish")


@click.command
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> Step:
    """Print a script that completes commands in a shell.

    Options and their choices are completed too. Load the file in the start-up file of the shell, or move it to the
    folder where the shell looks for completions.

    \b
    mlflow2prov completion bash > mlflow2prov.bash
    mlflow2prov completion zsh > _mlflow2prov
    mlflow2prov completion fish > mlflow2prov.fish
    """
    group = context.find_root().command

    def prepare() -> Action:
        completion = get_completion_class(shell)
        if completion is None:
            raise ConfigurationError(f"{shell} is not supported")

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            script = completion(group, {}, "mlflow2prov", "_MLFLOW2PROV_COMPLETE").source()
            chain.write_text(f"{script.strip()}\n")
            return documents

        return action

    return Step("completion", prepare, needs_documents=False)
