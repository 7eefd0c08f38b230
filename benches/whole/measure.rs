//! Runs a command several times and keeps what it cost: wall time by the median, peak memory of one more run.

use std::fmt;
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
    Cost {
        wall: median((0..runs).map(|_| wall(command())).collect()),
        peak,
    }
}

/// What several commands cost that ran in turn, so that a change of the machine's speed meets all.
pub struct InTurn {
    pub costs: Vec<Cost>,
    /// By command, by round.
    times: Vec<Vec<Duration>>,
}

impl InTurn {
    /// The median over the rounds of what the first of two commands took of the second's time.
    pub fn ratio(&self, ours: usize, other: usize) -> f64 {
        median_ratio(&self.times[ours], &self.times[other])
    }
}

/// Runs all commands `runs` times, A B C A B C, after one run of each that warms the page cache.
///
/// # Panics
/// When one cannot be started, or GNU time is missing.
pub fn in_turn(runs: usize, commands: &[&dyn Fn() -> Command]) -> InTurn {
    let peaks: Vec<f64> = commands.iter().map(|command| peak(command())).collect();
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..runs {
        for (command, times) in commands.iter().zip(&mut times) {
            times.push(wall(command()));
        }
    }
    let costs = times
        .iter()
        .zip(peaks)
        .map(|(times, peak)| Cost {
            wall: median(times.clone()),
            peak,
        })
        .collect();
    InTurn { costs, times }
}

/// The median of the ratios of neighbours.
pub fn median_ratio(ours: &[Duration], other: &[Duration]) -> f64 {
    let mut ratios: Vec<f64> = ours
        .iter()
        .zip(other)
        .map(|(a, b)| a.as_secs_f64() / b.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// A time as a table shows it.
pub struct Time(pub Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs_f64() {
            long if long >= 1.0 => write!(f, "{long:.2} s"),
            short if short >= 0.01 => write!(f, "{:.0} ms", short * 1e3),
            short => write!(f, "{:.1} ms", short * 1e3),
        }
    }
}

/// Memory in MiB as a table shows it.
pub struct Peak(pub f64);

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} MiB", self.0)
    }
}

/// How many times as much.
pub struct Factor(pub f64);

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ×", self.0)
    }
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// One run from start to exit. Exit codes are not judged: findings are no failure here.
pub fn wall(mut command: Command) -> Duration {
    let started = Instant::now();
    quiet(&mut command)
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
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
    timed
        .args(["-f", "%M", "-o"])
        .arg(report.path())
        .arg(command.get_program())
        .args(command.get_args());
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
    assert!(
        started.is_ok(),
        "GNU time is missing; install it with: apt-get install time"
    );
    let text = std::fs::read_to_string(report.path()).unwrap_or_default();
    // Above the figure stands a line about the exit code, where it is not zero.
    let kilobytes: f64 = text
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or(f64::NAN);
    kilobytes / 1024.0
}
