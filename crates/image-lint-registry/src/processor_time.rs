//! For tests that hold a bound on work: what a piece of code costs this thread, whatever else the machine does. Other
//! programs do not count, as they would by the clock on the wall.

use std::fs;
use std::time::{Duration, Instant};

/// Processor time that `work` takes on this thread. Threads that it starts do not count. Where the kernel does not say
/// (anything but Linux), the time that passes.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (before, started) = (so_far(), Instant::now());
    let value = work();
    let took = match (before, so_far()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => started.elapsed(),
    };
    (value, took)
}

/// The first field is nanoseconds on a processor (Linux, Documentation/scheduler/sched-stats.rst).
fn so_far() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}

#[test]
fn only_work_counts() {
    let ((), took) = of(|| std::thread::sleep(Duration::from_millis(50)));
    assert!(
        !cfg!(target_os = "linux") || took < Duration::from_millis(50),
        "{took:?}"
    );
}
