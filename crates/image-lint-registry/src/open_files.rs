//! How many files this process may have open, connections among them.

/// The soft limit (`ulimit -n`). Where the system does not tell it without a library (anything but Linux), the lowest
/// usual one, that of macOS.
pub fn limit() -> usize {
    #[cfg(target_os = "linux")]
    if let Some(limit) = std::fs::read_to_string("/proc/self/limits")
        .ok()
        .as_deref()
        .and_then(soft_limit)
    {
        return limit;
    }
    256
}

/// `Max open files            1024                 524288               files` (proc(5)).
#[cfg(any(target_os = "linux", test))]
fn soft_limit(limits: &str) -> Option<usize> {
    let rest = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match rest.split_ascii_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        number => number.parse().ok(),
    }
}

#[test]
fn the_soft_limit_is_read() {
    let table = [
        (
            "Limit  Soft  Hard  Units\nMax open files            1024                 524288               files\n",
            Some(1024),
        ),
        ("Max open files unlimited unlimited files", Some(usize::MAX)),
        ("Max processes 5 5 processes", None),
        ("Max open files", None),
    ];
    for (text, expected) in table {
        assert_eq!(soft_limit(text), expected, "{text}");
    }
    assert!(limit() > 0);
}
