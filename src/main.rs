//! The program: arguments to the library, an exit code back.

use logdeck::cli;
use logdeck::config::Environment;
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = cli::main(std::env::args_os(), &Environment::of_process());
    ExitCode::from(exit.code())
}
