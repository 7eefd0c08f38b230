//! What is known of each mention after a run: exactly one verdict.

/// The verdict on one mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is proved that the image cannot be used as it is named.
    Bad,
    /// A variable, a name inside the cluster, an output.
    NotCheckable,
    /// The target can pull it.
    Ok,
    /// Nobody could say.
    Unchecked,
}

impl Verdict {
    /// The word of the reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Bad => "bad",
            Verdict::NotCheckable => "not-checkable",
            Verdict::Ok => "ok",
            Verdict::Unchecked => "unchecked",
        }
    }
}
