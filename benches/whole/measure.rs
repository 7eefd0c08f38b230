//! Runs a command several times and keeps what it cost: wall time by the median, peak memory of one more run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one command cost.
#[derive(Clone, Copy)]
pub struct Cost {
    /// Median over the counted runs.
    pub wall: Duration,
    /// Peak resident memory in MiB, as GNU time reports it.
    pub peak: f64,
}

/// Runs the command `runs` times after one run that warms the page cache.
///
/// # Panics
/// When it cannot be started, or GNU time is missing.
pub fn cost(runs: usize, command: &dyn Fn() -> Command) -> Cost {
    let peak = peak(command());
    Cost { wall: median((0..runs).map(|_| wall(command())).collect()), peak }
}

/// The median of the ratios of two commands that run in turn, so that a change of the machine's speed meets both.
pub fn pairs(runs: usize, ours: &dyn Fn() -> Command, other: &dyn Fn() -> Command) -> (Cost, Cost, f64) {
    let peaks = (peak(ours()), peak(other()));
    let mut times: Vec<(Duration, Duration)> = (0..runs).map(|_| (wall(ours()), wall(other()))).collect();
    let walls = (median(times.iter().map(|t| t.0).collect()), median(times.iter().map(|t| t.1).collect()));
    times.sort_by(|a, b| ratio(a.0, a.1).total_cmp(&ratio(b.0, b.1)));
    let (a, b) = times[times.len() / 2];
    (Cost { wall: walls.0, peak: peaks.0 }, Cost { wall: walls.1, peak: peaks.1 }, ratio(a, b))
}

pub fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// One run from start to exit. Exit codes are not judged: findings are no failure here.
pub fn wall(mut command: Command) -> Duration {
    let started = Instant::now();
    quiet(&mut command).status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    started.elapsed()
}

/// Output goes to a file that is thrown away, not to `/dev/null`, for which ripgrep leaves out most of its work.
fn quiet(command: &mut Command) -> &mut Command {
    let sink = tempfile::tempfile().expect("room for a temporary file");
    let errors = sink.try_clone().expect("a second handle");
    command.stdout(sink).stderr(errors)
}

fn peak(command: Command) -> f64 {
    let report = tempfile::NamedTempFile::new().expect("room for a temporary file");
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%M", "-o"]).arg(report.path()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    let started = quiet(timed.stdin(Stdio::null())).status();
    assert!(started.is_ok(), "GNU time is missing; install it with: apt-get install time");
    let text = std::fs::read_to_string(report.path()).unwrap_or_default();
    // Above the figure stands a line about the exit code, where it is not zero.
    let kilobytes: f64 = text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(f64::NAN);
    kilobytes / 1024.0
}
