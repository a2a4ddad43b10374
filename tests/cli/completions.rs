//! Completion scripts.

use crate::support::Sandbox;

#[test]
fn every_shell_has_a_script_with_our_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Sandbox::new().run(["completions", shell]);
        assert_eq!(run.status, 0, "{shell}");
        assert!(run.stdout.contains("allow-unknown"), "{shell}");
    }
}
