//! The `portcullis` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// An audit allocates millions of small strings, for which the allocators of C libraries are slower.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    portcullis::main()
}
