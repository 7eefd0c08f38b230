//! Tables as they come: printed at once, and put in their places in docs/performance.md when that is asked for.

use std::fmt::Display;
use std::time::Instant;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");

pub struct Page {
    write: bool,
    started: Instant,
    busy: String,
    /// The table that is being made.
    text: String,
}

impl Page {
    pub fn new(write: bool) -> Self {
        Page {
            write,
            started: Instant::now(),
            busy: load(),
            text: String::new(),
        }
    }

    /// Says before anything is measured when the page has no place for a table.
    ///
    /// # Panics
    /// When tables are to be put there and it has none.
    pub fn check(&self, name: &str) {
        if self.write {
            placed(
                &std::fs::read_to_string(PATH).expect("docs/performance.md is there"),
                name,
                "",
            );
        }
    }

    pub fn header(&mut self, columns: &[&str]) {
        self.line(&format!("\n| {} |", columns.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(columns.len())));
    }

    pub fn row(&mut self, cells: &[&dyn Display]) {
        let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    /// What it ran on, in a sentence.
    pub fn machine(&mut self) -> String {
        let cores = match std::thread::available_parallelism().map_or(1, usize::from) {
            1 => "One core".to_owned(),
            2 => "Two cores".to_owned(),
            more => format!("{more} cores"),
        };
        let minutes = self.started.elapsed().as_secs().div_ceil(60);
        let text = format!(
            "{cores}, release build, warm page cache; all tables in one run of {minutes} minutes. Processes that wanted a \
             core in the minute before it: {}.",
            self.busy
        );
        self.text = format!("\n{text}\n");
        text
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The answer to a question is complete.
    pub fn end(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        if self.write {
            let page = std::fs::read_to_string(PATH).expect("docs/performance.md is there");
            std::fs::write(PATH, placed(&page, name, &text))
                .expect("docs/performance.md can be written");
        }
    }
}

/// The page with the text between the marks of this name.
///
/// # Panics
/// When the page has no such marks.
fn placed(page: &str, name: &str, text: &str) -> String {
    let begin = format!("<!-- figures: {name} -->\n");
    let from = page
        .find(&begin)
        .unwrap_or_else(|| panic!("docs/performance.md has no `{}`", begin.trim()))
        + begin.len();
    let length = page[from..]
        .find("\n<!-- end -->")
        .expect("each mark has its end");
    format!("{}{text}{}", &page[..from], &page[from + length..])
}

/// Load of the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .filter(|word| !word.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}
