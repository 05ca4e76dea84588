"""Completion: what bash, and zsh with bashcompinit, reads to complete commands, options and names."""

from acts import commands

SCRIPT = """\
_acts() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" known=""
  if [ "$COMP_CWORD" -eq 1 ]; then known="{words}"; else
    case "$command" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$known" -- "$word"))
}}
complete -o default -F _acts acts
"""
KINDS = "activations claims configurations datasets experiments"
NAMES = {  # what a command's arguments are, as bash asks for it
    **dict.fromkeys(("run", "judge", "render", "compare"), "$(acts list configurations 2>/dev/null | cut -f1)"),
    "fetch": "$(acts list datasets --missing 2>/dev/null | cut -f1)",
    "list": KINDS,
    "show": "$(acts list claims 2>/dev/null | cut -f1)",
    "bench": "training engine store report",
}


def script() -> str:
    """Return the script; `eval "$(acts --completion)"` turns it on."""
    parser = commands.parser()
    cases = [
        f'      {word}) known="{" ".join(commands.part_of(parser, word).words())} {NAMES.get(word, "")}" ;;'
        for word in commands.WORDS
    ]
    return SCRIPT.format(words=" ".join([*commands.WORDS, "--help", "--version"]), cases="\n".join(cases))
