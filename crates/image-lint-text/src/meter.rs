//! What reading may cost. Every step of a reader and every byte that it produces is charged to the [`Meter`] of its
//! file, so that a hostile file costs by its size; what all files cost together is in the [`RunMeter`].
//!
//! Counters are plain numbers, no clock is read here: whoever has a clock or catches a signal says so with
//! [`RunMeter::stop`], and each file's meter looks at that every [`LOOK`] steps.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Steps between two looks at whether the whole run has to stop.
const LOOK: u64 = 4096;

/// Steps that the smallest file may take. Two loops in each other over 64 items fit into it.
const FREE_STEPS: u64 = 400_000;
/// Steps for each byte of a file. A reader passes over a text a few times.
const STEPS_PER_BYTE: u64 = 16;
/// Bytes that reading the smallest file may produce.
const FREE_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes that may be produced for each byte of a file.
const BYTES_PER_BYTE: u64 = 8;
/// Deepest recursion of a reader. A level takes a few kilobytes of a stack of at least two megabytes.
const DEPTH: u32 = 100;

/// How much a [`Meter`] lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub steps: u64,
    pub bytes: u64,
    /// Levels of recursion.
    pub depth: u32,
}

impl Allowance {
    /// What reading a file of so many bytes may cost: a fixed part, and a part by its size.
    pub const fn of_file(len: usize) -> Self {
        Allowance {
            steps: FREE_STEPS + STEPS_PER_BYTE * len as u64,
            bytes: FREE_BYTES + BYTES_PER_BYTE * len as u64,
            depth: DEPTH,
        }
    }
}

/// Why a meter lets nothing more through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsedUp {
    #[error("it asks for more work than a file of its size may cost")]
    Steps,
    #[error("it expands to more text than a file of its size may")]
    Bytes,
    #[error("it is nested too deeply")]
    Depth,
    #[error("reading was interrupted")]
    Interrupted,
    #[error("the time for reading was used up")]
    Deadline,
}

/// Counts what reading one file costs. Not shared between threads; readers are given `&Meter`.
///
/// ```
/// use image_lint_text::meter::{Allowance, Meter, UsedUp};
///
/// let meter = Meter::new(Allowance { steps: 2, bytes: 10, depth: 1 });
/// assert!(meter.step().is_ok() && meter.step().is_ok());
/// assert_eq!(meter.step(), Err(UsedUp::Steps));
/// assert_eq!(meter.used_up(), Some(UsedUp::Steps));
/// ```
#[derive(Debug)]
pub struct Meter {
    allowance: Allowance,
    run: RunMeter,
    steps: Cell<u64>,
    bytes: Cell<u64>,
    depth: Cell<u32>,
    /// `steps` from which on more than a comparison is needed.
    look_at: Cell<u64>,
    /// The first reason why something was not let through.
    cause: Cell<Option<UsedUp>>,
    /// Nothing is let through any more.
    closed: Cell<Option<UsedUp>>,
}

impl Meter {
    /// A meter of its own, for a text that belongs to no run.
    pub fn new(allowance: Allowance) -> Self {
        Meter::within(&RunMeter::default(), allowance)
    }

    /// The meter of one file of a run.
    pub fn within(run: &RunMeter, allowance: Allowance) -> Self {
        Meter {
            allowance,
            run: run.clone(),
            steps: Cell::new(0),
            bytes: Cell::new(0),
            depth: Cell::new(0),
            look_at: Cell::new(LOOK.min(allowance.steps.saturating_add(1))),
            cause: Cell::new(None),
            closed: Cell::new(None),
        }
    }

    /// Charges one step.
    ///
    /// # Errors
    /// When the steps, or the bytes before, are used up, or the run has to stop.
    pub fn step(&self) -> Result<(), UsedUp> {
        self.charge(1)
    }

    /// Charges several steps at once, before they are taken.
    ///
    /// # Errors
    /// As [`Meter::step`].
    pub fn charge(&self, steps: u64) -> Result<(), UsedUp> {
        let taken = self.steps.get().saturating_add(steps);
        if taken >= self.look_at.get() {
            return self.look(taken);
        }
        self.steps.set(taken);
        Ok(())
    }

    /// Charges bytes, before they are made.
    ///
    /// # Errors
    /// When the bytes, or the steps before, are used up, or the run has to stop.
    pub fn produce(&self, bytes: usize) -> Result<(), UsedUp> {
        if let Some(cause) = self.closed.get() {
            return Err(cause);
        }
        let made = self.bytes.get().saturating_add(bytes as u64);
        if made > self.allowance.bytes {
            return Err(self.close(UsedUp::Bytes));
        }
        self.bytes.set(made);
        Ok(())
    }

    /// One level deeper, until the guard is dropped. Where there is no deeper level the meter stays open: what is beside
    /// may still be read.
    ///
    /// # Errors
    /// When the recursion is as deep as it may be, or something is used up.
    pub fn deeper(&self) -> Result<Deeper<'_>, UsedUp> {
        self.charge(1)?;
        if self.depth.get() >= self.allowance.depth {
            self.cause.set(self.cause.get().or(Some(UsedUp::Depth)));
            return Err(UsedUp::Depth);
        }
        self.depth.set(self.depth.get() + 1);
        Ok(Deeper(self))
    }

    /// Steps that were taken.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Bytes that were produced.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Whether nothing is let through any more, and why.
    pub fn closed(&self) -> Option<UsedUp> {
        self.closed.get()
    }

    /// The first reason why something was not let through: whoever owns the meter reports it, once.
    pub fn used_up(&self) -> Option<UsedUp> {
        self.cause.get()
    }

    #[cold]
    fn look(&self, taken: u64) -> Result<(), UsedUp> {
        if let Some(cause) = self.closed.get() {
            return Err(cause);
        }
        if let Some(cause) = self.run.stopped() {
            return Err(self.close(cause));
        }
        if taken > self.allowance.steps {
            return Err(self.close(UsedUp::Steps));
        }
        self.steps.set(taken);
        let end = self.allowance.steps.saturating_add(1);
        self.look_at.set(taken.saturating_add(LOOK).min(end));
        Ok(())
    }

    fn close(&self, cause: UsedUp) -> UsedUp {
        self.look_at.set(0);
        self.closed.set(Some(cause));
        self.cause.set(self.cause.get().or(Some(cause)));
        cause
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let total = &self.run.0;
        total.steps.fetch_add(self.steps.get(), Ordering::Relaxed);
        total.bytes.fetch_add(self.bytes.get(), Ordering::Relaxed);
    }
}

/// One level of recursion; the level ends with it.
#[derive(Debug)]
#[must_use = "the level ends when this is dropped"]
pub struct Deeper<'m>(&'m Meter);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

/// What reading all files of a run costs, and whether it has to stop. Clones are the same meter.
#[derive(Clone, Debug, Default)]
pub struct RunMeter(Arc<Total>);

#[derive(Debug, Default)]
struct Total {
    steps: AtomicU64,
    bytes: AtomicU64,
    /// 0, or one of the two causes from outside.
    stop: AtomicU8,
}

const INTERRUPTED: u8 = 1;
const DEADLINE: u8 = 2;

impl RunMeter {
    /// Ends the reading of all files. The first cause counts.
    pub fn stop(&self, cause: Stop) {
        let code = match cause {
            Stop::Interrupted => INTERRUPTED,
            Stop::Deadline => DEADLINE,
        };
        // The other cause was there before, which is as good.
        let _ = self
            .0
            .stop
            .compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Why the run has to stop, if it has.
    pub fn stopped(&self) -> Option<UsedUp> {
        match self.0.stop.load(Ordering::Relaxed) {
            INTERRUPTED => Some(UsedUp::Interrupted),
            DEADLINE => Some(UsedUp::Deadline),
            _ => None,
        }
    }

    /// Steps of all meters that are done.
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::Relaxed)
    }

    /// Bytes of all meters that are done.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// Why all reading ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal came.
    Interrupted,
    /// The time for reading is over.
    Deadline,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Meter {
        Meter::new(Allowance {
            steps: 10,
            bytes: 10,
            depth: 2,
        })
    }

    #[test]
    fn as_many_steps_as_allowed_are_let_through() {
        let meter = small();
        assert_eq!(meter.charge(10), Ok(()));
        assert_eq!(meter.used_up(), None);
        assert_eq!(meter.step(), Err(UsedUp::Steps));
        assert_eq!(meter.steps(), 10, "what is not let through is not counted");
        assert_eq!(meter.produce(1), Err(UsedUp::Steps), "one meter for both");
    }

    #[test]
    fn as_many_bytes_as_allowed_are_let_through() {
        let meter = small();
        assert_eq!(meter.produce(10), Ok(()));
        assert_eq!(meter.produce(1), Err(UsedUp::Bytes));
        assert_eq!(meter.step(), Err(UsedUp::Bytes));
        assert_eq!(meter.closed(), Some(UsedUp::Bytes));
    }

    #[test]
    fn what_is_too_deep_is_left_out_and_the_rest_is_read() {
        let meter = small();
        let one = meter.deeper();
        let two = meter.deeper();
        assert_eq!(meter.deeper().err(), Some(UsedUp::Depth));
        drop((one, two));
        assert!(meter.deeper().is_ok());
        assert_eq!(meter.closed(), None);
        assert_eq!(meter.used_up(), Some(UsedUp::Depth), "and it is reported");
    }

    #[test]
    fn numbers_near_the_largest_do_not_wrap() {
        let meter = Meter::new(Allowance {
            steps: u64::MAX,
            bytes: u64::MAX,
            depth: 1,
        });
        for _ in 0..3 {
            let _ = meter.charge(u64::MAX - 1);
            let _ = meter.produce(usize::MAX);
        }
        assert_eq!(meter.steps(), u64::MAX);
    }

    #[test]
    fn a_run_that_stops_stops_its_files_within_a_few_steps() {
        let run = RunMeter::default();
        let meter = Meter::within(&run, Allowance::of_file(1_000_000));
        assert_eq!(meter.step(), Ok(()));
        run.stop(Stop::Deadline);
        run.stop(Stop::Interrupted);
        let stopped = (0..=LOOK).find_map(|_| meter.step().err());
        assert_eq!(stopped, Some(UsedUp::Deadline), "the first cause counts");
    }

    #[test]
    fn a_run_knows_what_its_files_cost() {
        let run = RunMeter::default();
        for _ in 0..2 {
            let meter = Meter::within(&run, Allowance::of_file(0));
            assert!(meter.charge(3).is_ok() && meter.produce(5).is_ok());
        }
        assert_eq!((run.steps(), run.bytes()), (6, 10));
    }
}
