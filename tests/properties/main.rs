//! Properties of the whole: spans always slice to the text they report, whatever the file; linking never fails; the
//! number of jobs never shows in the output; references and reports read back; fixes are what was promised.

mod fixes;
mod formats;
mod found;
mod hostile_report;
mod invariants;
mod jobs;
mod mutations;
mod references;
