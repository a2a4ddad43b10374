//! Completion scripts.

use crate::support::Sandbox;

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = Sandbox::new().run(["--help"]).stdout;
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let lines = commands.lines().filter(|line| !line.starts_with("     "));
    lines
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
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

/// Whoever types `--only st` wants `stale-access-key`, and not the names of files. PowerShell and Elvish complete no
/// values.
#[test]
fn what_can_be_named_is_completed() {
    for shell in ["bash", "fish", "zsh"] {
        let script = Sandbox::new().run(["completions", shell]).stdout;
        for name in ["stale-access-key", "cis-aws-7.0", "sarif"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn each_option_has_its_own_values() {
    let script = Sandbox::new().run(["completions", "fish"]).stdout;
    let values = |command: &str, option: &str| {
        let mut entries = script.split("complete -c portcullis ");
        let (command, option) = (format!("subcommand {command}\""), format!(" -l {option} "));
        entries
            .find(|entry| entry.contains(&command) && entry.contains(&option))
            .unwrap()
    };
    let only = values("audit", "only");
    assert!(only.contains("stale-access-key") && !only.contains("cis-aws-7.0"), "{only}");
    let framework = values("audit", "framework");
    assert!(
        framework.contains("soc2\\t") && !framework.contains("stale-access-key"),
        "{framework}"
    );
    let diff = values("diff", "output");
    assert!(diff.contains("jsonl\\t") && !diff.contains("sarif"), "{diff}");
}

#[test]
fn every_shell_has_a_script_with_our_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Sandbox::new().run(["completions", shell]);
        assert_eq!(run.status, 0, "{shell}");
        assert!(run.stdout.contains("allow-unknown"), "{shell}");
    }
}
