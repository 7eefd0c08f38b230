//! Properties of the whole: spans always slice to the text they report, whatever the file; linking never fails; and the
//! number of jobs never shows in the output.

mod invariants;
mod jobs;
mod mutations;
