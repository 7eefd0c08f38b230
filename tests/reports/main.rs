//! Reports as the programs read them that they are for: SARIF through Microsoft's validator with GitHub's own rules, JUnit
//! through Jenkins' schema and as GitLab reads it, Code Quality as GitLab reads it, the page and the site in a browser.

mod gitlab;
mod junit;
mod page;
#[path = "../support/program.rs"]
mod program;
mod runs;
mod sarif;
mod site;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tools.rs"]
mod tools;
