//! Shell completions: clap's scripts, and what they lack to offer the words that an option or an argument takes. Found in
//! the shells themselves (bash 5.2, fish 3.6, zsh 5.9); PowerShell's part follows about_Functions_Argument_Completion.

use clap::{Arg, Command};
use clap_complete::Shell;

use crate::cli;

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let mut written = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "image-lint", &mut written);
    let script = String::from_utf8_lossy(&written).into_owned();
    match shell {
        Shell::Bash => bash(&script),
        Shell::Fish => fish(&script),
        Shell::Zsh => zsh(&script),
        Shell::PowerShell => powershell(&script),
        _ => script,
    }
}

/// Bash takes words apart at `=` (`--target=openshift-4`, `--level RULE=LEVEL`): they are put together again for clap's
/// function, and what stands before the last part is taken from its answers, which replace that part alone.
fn bash(script: &str) -> String {
    const WHOLE: &str = r#"
_image__lint_whole() {
    local cur="$2" prev="$3" before="" at=$COMP_CWORD
    [[ ${COMP_WORDS[at]} == "=" ]] || at=$((at - 1))
    if [[ $at -ge 2 && ${COMP_WORDS[at]} == "=" ]]; then
        prev="${COMP_WORDS[at - 1]}"
        if [[ $prev != -* ]]; then
            before="$prev="
            prev="${COMP_WORDS[at - 2]}"
            [[ $prev != "=" || $at -lt 3 ]] || prev="${COMP_WORDS[at - 3]}"
        fi
    fi
    _image__lint "$1" "$before$cur" "$prev"
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
}
"#;
    // clap_complete 4.6 writes a program's `-` in two ways, so that no command's part is ever found.
    let script = script.replace("image__subcmd__lint__subcmd__", "image__lint__subcmd__");
    let script = script.replace(
        "complete -F _image__lint ",
        "complete -F _image__lint_whole ",
    );
    match script.find("\nif [[ \"${BASH_VERSINFO[0]}\" -eq 4") {
        Some(at) => format!("{}{WHOLE}{}", &script[..at], &script[at..]),
        None => script,
    }
}

/// The paths of the main command would take the place of a command's name, so that no command was ever found: files are
/// offered beside the names instead.
fn zsh(script: &str) -> String {
    let commands = script.find("\":: :_image-lint_commands\"");
    let paths = commands.and_then(|at| script[..at].rfind("\n'::paths -- "));
    let (Some(commands), Some(paths)) = (commands, paths) else {
        return script.to_owned();
    };
    let head = &script[..paths];
    let script = format!("{head}\n{}", &script[commands..]);
    script.replace("$line[2]", "$line[1]").replacen(
        "_image-lint_commands() {\n",
        "_image-lint_commands() {\n    _files\n",
        1,
    )
}

/// An option that still waits for its value is no error, and arguments have words as well.
fn fish(script: &str) -> String {
    let parse = "argparse -s (__fish_image_lint_global_optspecs) -- $cmd 2>/dev/null\n";
    let again = format!("{parse}    or {}", parse.replace("$cmd", "$cmd ''"));
    let mut script = script.replace(parse, &again);
    for (path, argument) in arguments(&cli::command()) {
        let [_, command] = &path[..] else { continue };
        let words = words(&argument).join(" ");
        let condition = format!("__fish_image_lint_using_subcommand {command}");
        script.push_str(&format!(
            "complete -c image-lint -n \"{condition}\" -f -a \"{words}\"\n"
        ));
    }
    script
}

/// Clap's script knows options and commands alone: what an option or argument takes is offered in its place.
fn powershell(script: &str) -> String {
    let mut table = String::new();
    for (path, argument) in takers(&cli::command()) {
        let quoted: Vec<String> = words(&argument).iter().map(|w| format!("'{w}'")).collect();
        let option = argument
            .get_long()
            .map_or(String::new(), |long| format!(" --{long}"));
        let path = path.join(";");
        table.push_str(&format!(
            "        '{path}{option}' = @({})\n",
            quoted.join(", ")
        ));
    }
    let values = format!(
        r#"    $words = @{{
{table}    }}
    # The option that waits for the word, as `--option word` or `--option=word`.
    $option, $begun = $null, ''
    if ($wordToComplete -match '^(--[^=]+)=') {{
        $option, $begun = $Matches[1], "$($Matches[1])="
    }} else {{
        $last = if ($wordToComplete -eq '') {{ -1 }} else {{ -2 }}
        if ($commandElements.Count -ge -$last) {{ $option = "$($commandElements[$last])" }}
    }}
    $taken = if ($option -like '--*') {{ $words["$command $option"] }} else {{ $words[$command] }}
    if ($taken -and ($option -like '--*' -or $wordToComplete -notlike '-*')) {{
        return $taken | ForEach-Object {{ "$begun$_" }} | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
            [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)
        }}
    }}

"#
    );
    match script.find("    $completions = @(switch ($command) {") {
        Some(at) => format!("{}{values}{}", &script[..at], &script[at..]),
        None => script.to_owned(),
    }
}

/// The names of the commands that lead to an option or argument, and itself.
type Taker = (Vec<String>, Arg);

/// Every option and argument that takes one of some words.
fn takers(command: &Command) -> Vec<Taker> {
    fn add(command: &Command, above: &[String], all: &mut Vec<Taker>) {
        let path = [above, &[command.get_name().to_owned()]].concat();
        let takes = command.get_arguments().filter(|arg| {
            !arg.is_hide_set() && arg.get_action().takes_values() && !words(arg).is_empty()
        });
        all.extend(takes.map(|arg| (path.clone(), arg.clone())));
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
        {
            add(below, &path, all);
        }
    }
    let mut all = Vec::new();
    add(command, &[], &mut all);
    all
}

/// Those without a name.
fn arguments(command: &Command) -> Vec<Taker> {
    let all = takers(command).into_iter();
    all.filter(|(_, arg)| arg.is_positional()).collect()
}

/// The words, none of which needs quoting in any shell: names of rules, targets, formats.
fn words(argument: &Arg) -> Vec<String> {
    let words = argument.get_possible_values();
    let shown = words.iter().filter(|word| !word.is_hide_set());
    shown.map(|word| word.get_name().to_owned()).collect()
}
