//! What Linux says about a running process.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// The program with nothing of the user's own environment.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", home)
        .env("NO_PROXY", "");
    command
}

/// Kilobytes of a line of `/proc/PID/status` (`VmHWM`, `VmRSS`); None when the process is gone.
pub fn memory(pid: u32, what: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Open files of a process.
pub fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Whether a process is there, a zombie counting as one.
pub fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Sends a signal by name (`INT`).
pub fn signal(pid: u32, name: &str) {
    let kill = format!("kill -{name} {pid} 2>/dev/null");
    Command::new("/bin/sh")
        .args(["-c", &kill])
        .status()
        .expect("a shell");
}

/// Waits for the end; the process is killed and the test fails when it takes longer than `limit`.
pub fn wait(child: &mut Child, limit: Duration, mut meanwhile: impl FnMut(u32)) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if started.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            panic!("no end within {limit:?}");
        }
        meanwhile(child.id());
        std::thread::sleep(Duration::from_millis(20));
    }
}
