//! Rows that are written as small repositories in text files beside this one: `=== why`, then `--- path` before the lines
//! of each file, and `>>> status name` for each mention, in any order.

use super::names;

/// Checks every row of a file.
pub fn check(file: &str) {
    let path = format!("{}/tests/rows/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the rows are beside the test");
    let mut wrong = Vec::new();
    let mut rows = 0;
    for row in text.split("=== ").skip(1) {
        rows += 1;
        wrong.extend(difference(row));
    }
    assert!(rows > 0, "{file} has no rows");
    assert!(wrong.is_empty(), "{file}: {}", wrong.join("\n"));
}

fn difference(row: &str) -> Option<String> {
    let (why, rest) = row.split_once('\n')?;
    let mut files: Vec<(&str, String)> = Vec::new();
    let mut expected = Vec::new();
    for line in rest.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("--- ") {
            files.push((path.trim(), String::new()));
        } else if let Some(mention) = line.strip_prefix(">>> ") {
            expected.push(mention.trim().to_owned());
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    let mut found = names(&files);
    found.sort();
    expected.sort();
    (found != expected).then(|| format!("\n{why}\n  found    {found:?}\n  expected {expected:?}"))
}
