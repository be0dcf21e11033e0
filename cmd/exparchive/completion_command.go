package main

import (
	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// explainCompletion gives cobra's command that prints completions, and those below it, texts of our own: Cobra's tell
// to write into folders of the system, and are laid out for another width.
func explainCompletion(completion *cobra.Command) {
	completion.Short = "Print the completion for a shell"
	completion.Long = `Print the script with which a shell completes commands, flags, their values, run ids and the names
of files that hold runs when TAB is pressed. The packages for Debian and Homebrew install it.`
	completion.Example = `  exparchive completion bash > ~/.local/share/bash-completion/completions/exparchive`
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return cli.Usagef("completion: no shell %q, want bash, zsh, fish or powershell", args[0])
		}
		return cmd.Help()
	}
	for _, cmd := range completion.Commands() {
		if about, ok := completionTexts[cmd.Name()]; ok {
			cmd.Short, cmd.Long, cmd.Example = about.short, about.long, about.example
		}
	}
}

var completionTexts = map[string]struct{ short, long, example string }{
	"bash": {"Print the completion for bash",
		`Print the completion for bash, which needs the package bash-completion, version 2 or later. bash looks for it in the
folder of the example when the first command line of this program is completed.`,
		`  source <(exparchive completion bash)        in this shell only
  exparchive completion bash > ~/.local/share/bash-completion/completions/exparchive`},
	"zsh": {"Print the completion for zsh",
		`Print the completion for zsh. It belongs into a file _exparchive of a folder that is in $fpath
before compinit is called, as by these lines in ~/.zshrc:

  fpath=(~/.zfunc $fpath)
  autoload -U compinit && compinit`,
		`  source <(exparchive completion zsh)         in this shell only
  exparchive completion zsh > ~/.zfunc/_exparchive`},
	"fish": {"Print the completion for fish",
		`Print the completion for fish, which looks for it in the folder of the example.`,
		`  exparchive completion fish | source         in this shell only
  exparchive completion fish > ~/.config/fish/completions/exparchive.fish`},
	"powershell": {"Print the completion for PowerShell",
		`Print the completion for PowerShell. In its profile, the file that $PROFILE names, the line of the example completes
command lines in every shell.`,
		`  exparchive completion powershell | Out-String | Invoke-Expression`},
}
