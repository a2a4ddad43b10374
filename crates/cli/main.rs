//! The `portcullis` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// An audit makes millions of small strings, which the allocators of C libraries serve more slowly.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    portcullis::main()
}
