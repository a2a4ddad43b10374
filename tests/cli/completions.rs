//! Completion scripts.

use crate::support::Sandbox;

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = Sandbox::new().run(["--help"]).stdout;
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let lines = commands.lines().filter(|line| !line.starts_with("     "));
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_can_be_completed() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Sandbox::new().run(["completions", shell]).stdout;
        for command in &commands {
            let starts = |c: char| !c.is_ascii_alphanumeric() && c != '-';
            let mut words = script.split(starts);
            assert!(words.any(|word| word == command), "{shell} lacks {command}");
        }
    }
}

#[test]
fn every_shell_has_a_script_with_our_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Sandbox::new().run(["completions", shell]);
        assert_eq!(run.status, 0, "{shell}");
        assert!(run.stdout.contains("allow-unknown"), "{shell}");
    }
}
