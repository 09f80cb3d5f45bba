"""`perennial completion`: teach a shell the commands. The words themselves come from the commands, asked at each Tab."""

from __future__ import annotations

import json
import shlex
from typing import Annotated

import typer

from bot.cli.base import JsonOption
from bot.errors import InvalidInputError

cli = typer.Typer()
# The launcher is named with its whole path, quoted: it need not be on the PATH, and blanks in it do no harm.
SCRIPTS = {
    "bash": """_perennial_completion() {{
    local IFS=$'\\n'
    COMPREPLY=( $(env COMP_WORDS="${{COMP_WORDS[*]}}" COMP_CWORD="$COMP_CWORD" _PERENNIAL_COMPLETE=complete_bash {launcher}) )
}}
complete -o default -F _perennial_completion perennial ./perennial {launcher}""",
    "zsh": """autoload -Uz compinit && (( $+functions[compdef] )) || compinit
_perennial_completion() {{
    eval "$(env _TYPER_COMPLETE_ARGS="${{words[1,$CURRENT]}}" _PERENNIAL_COMPLETE=complete_zsh {launcher})"
}}
compdef _perennial_completion perennial ./perennial {launcher}""",
    "fish": """function __perennial_completion
    env _PERENNIAL_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] _TYPER_COMPLETE_ARGS=(commandline -cp) {launcher}
end
complete --command perennial --no-files --arguments "(__perennial_completion get-args)" --condition "__perennial_completion is-args" """,
}
KEPT_IN = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/perennial.fish"}


@cli.command()
def completion(
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish")],
    as_json: JsonOption = False,
) -> None:
    """Print what teaches a shell to complete commands and options by Tab; append it to the file that its first line names.

    Examples:  perennial completion bash >> ~/.bashrc  ·  perennial completion fish > ~/.config/fish/completions/perennial.fish
    """
    from bot import paths

    if shell not in SCRIPTS:
        raise InvalidInputError(f"{shell!r} is no shell that is known here; allowed: {', '.join(SCRIPTS)}")
    script = SCRIPTS[shell].format(launcher=shlex.quote(str(paths.root() / "perennial"))).strip()
    print(f"# Perennial: completion for {shell}; belongs into {KEPT_IN[shell]}\n{script}")
    if as_json:
        print(json.dumps({"shell": shell, "script": script, "file": KEPT_IN[shell]}))
