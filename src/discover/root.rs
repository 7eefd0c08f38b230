//! A path that the user named, opened once: what lies below it is opened from there, and no link leads out of it.
//!
//! Between the walk and the read, whoever writes the tree may put a link in the place of a file or folder. The kernel is
//! therefore asked to refuse links on the way (`openat2` with `RESOLVE_BENEATH`, Linux 5.6); where it does not know that,
//! each folder is opened from the one above it without following links.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder from which files are opened.
#[derive(Debug)]
pub struct Root {
    /// Without links.
    path: PathBuf,
    #[cfg(unix)]
    folder: File,
}

impl Root {
    /// Opens a folder by its path without links (as `fs::canonicalize` gives it).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Root {
            #[cfg(unix)]
            folder: File::open(&path)?,
            path,
        })
    }

    /// Opens a file below the folder for reading, without waiting: a pipe that took its place has perhaps nobody at its
    /// other end.
    ///
    /// # Errors
    /// `below` is no plain relative path; a link stands on its way or in its place; it is no regular file, or one of a
    /// file system that the kernel makes up (`/proc`, `/sys`); what the operating system says.
    pub fn file(&self, below: &Path) -> io::Result<File> {
        let plain = |part| matches!(part, Component::Normal(_));
        if below.as_os_str().is_empty() || !below.components().all(plain) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path leads out of its folder",
            ));
        }
        let file = self.open_below(below)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("no longer a regular file"));
        }
        if is_made_up(&file)? {
            return Err(io::Error::other(
                "a file that the kernel makes up, such as those of /proc",
            ));
        }
        Ok(file)
    }

    #[cfg(unix)]
    fn open_below(&self, below: &Path) -> io::Result<File> {
        use rustix::fs::OFlags;
        let flags =
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        #[cfg(target_os = "linux")]
        match unix::openat2(&self.folder, below, flags) {
            // Linux before 5.6, or a sandbox that does not know the call (seccomp answers EPERM).
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {}
            opened => return opened.map_err(unix::words),
        }
        unix::descend(&self.folder, below, flags).map_err(unix::words)
    }

    #[cfg(not(unix))]
    fn open_below(&self, below: &Path) -> io::Result<File> {
        let mut at = self.path.clone();
        for part in below.components() {
            at.push(part);
            if std::fs::symlink_metadata(&at)?.is_symlink() {
                return Err(io::Error::other("a link took its place"));
            }
        }
        File::open(at)
    }

    /// The path without links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsFd;
    use std::path::Path;

    use rustix::fs::{Mode, OFlags, openat};
    use rustix::io::{Errno, Result};

    /// Links are refused wherever they lead, since the walk follows none.
    #[cfg(target_os = "linux")]
    pub(super) fn openat2(folder: impl AsFd, below: &Path, flags: OFlags) -> Result<File> {
        use rustix::fs::ResolveFlags;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        // The kernel gives up with EAGAIN where a folder was moved meanwhile (openat2(2)).
        let mut tries = 0;
        loop {
            match rustix::fs::openat2(folder.as_fd(), below, flags, Mode::empty(), resolve) {
                Err(Errno::AGAIN) if tries < 16 => tries += 1,
                opened => return opened.map(File::from),
            }
        }
    }

    /// Opens folder by folder.
    pub(super) fn descend(folder: impl AsFd, below: &Path, flags: OFlags) -> Result<File> {
        let parts: Vec<&OsStr> = below.iter().collect();
        let Some((name, folders)) = parts.split_last() else {
            return Err(Errno::INVAL);
        };
        let on_the_way = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at = None;
        for part in folders {
            let here = at.as_ref().map_or(folder.as_fd(), AsFd::as_fd);
            at = Some(openat(here, *part, on_the_way, Mode::empty())?);
        }
        let here = at.as_ref().map_or(folder.as_fd(), AsFd::as_fd);
        openat(here, *name, flags, Mode::empty()).map(File::from)
    }

    /// A link on the way is ELOOP, or ENOTDIR where a folder was wanted.
    pub(super) fn words(error: Errno) -> io::Error {
        match error {
            Errno::LOOP => io::Error::other("a link took its place"),
            error => error.into(),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn both_ways_refuse_links_and_open_files() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            std::fs::create_dir_all(at("in/deep")).unwrap();
            std::fs::write(at("in/deep/a"), "a").unwrap();
            std::fs::write(at("b"), "b").unwrap();
            std::os::unix::fs::symlink("b", at("link")).unwrap();
            std::os::unix::fs::symlink("in", at("linked")).unwrap();
            std::os::unix::fs::symlink("/etc", at("out")).unwrap();
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
            for (below, opens) in [
                ("b", true),
                ("in/deep/a", true),
                ("link", false),
                ("linked/deep/a", false),
                ("out/passwd", false),
                ("gone", false),
            ] {
                let folder = File::open(folder.path()).unwrap();
                let descended = descend(&folder, Path::new(below), flags);
                assert_eq!(descended.is_ok(), opens, "{below}: {descended:?}");
                #[cfg(target_os = "linux")]
                match openat2(&folder, Path::new(below), flags) {
                    Err(Errno::NOSYS | Errno::PERM) => {}
                    opened => assert_eq!(opened.is_ok(), opens, "{below}: {opened:?}"),
                }
            }
        }
    }
}

/// Whether a file's content is made by the kernel when it is read: the environment, keys, devices of a process. Magic
/// numbers of linux/magic.h.
#[cfg(target_os = "linux")]
fn is_made_up(file: &File) -> io::Result<bool> {
    const MADE_UP: [i64; 8] = [
        0x0000_9fa0, // proc
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0x7363_6673, // securityfs
        0xcafe_4a11, // bpf
    ];
    let kind = rustix::fs::fstatfs(file)?.f_type;
    // The field's width differs between architectures.
    Ok(MADE_UP.contains(&(kind as i64 & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn is_made_up(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Why a named path is refused.
#[derive(Debug, thiserror::Error)]
pub enum LeadsOut {
    #[error(
        "it is a link out of the tree, and this tree is not trusted: name the file or folder itself"
    )]
    Link,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The real path of one that was named for a tree that is not trusted: links on its way may lead within the tree only.
///
/// The tree is the folder that the program runs in for a path below it; for others the next folder above that holds a
/// `.git` or is one of `checkouts`, else the folder that the path lies in. Links above the tree are the user's own.
///
/// # Errors
/// The path leads out, into git's own folder, or to nothing.
pub fn confined(path: &Path, checkouts: &[PathBuf]) -> Result<PathBuf, LeadsOut> {
    let here = std::env::current_dir()?;
    let lexical = normal(&here.join(path));
    let tree = if lexical.starts_with(&here) {
        here
    } else {
        tree_above(&lexical, checkouts)
    };
    let tree = std::fs::canonicalize(tree)?;
    let real = std::fs::canonicalize(path)?;
    let inside = real
        .strip_prefix(&tree)
        .is_ok_and(|below| !below.iter().any(|part| part == ".git"));
    if inside {
        Ok(real)
    } else {
        Err(LeadsOut::Link)
    }
}

fn tree_above(path: &Path, checkouts: &[PathBuf]) -> PathBuf {
    let parent = path.parent().unwrap_or(path);
    parent
        .ancestors()
        .find(|above| {
            checkouts.iter().any(|checkout| checkout == above) || above.join(".git").exists()
        })
        .unwrap_or(parent)
        .to_owned()
}

/// A path without `.` and `..`, as it is written: what a link leads to has no say in it.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn named_paths_may_not_lead_out_of_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let at = |name: &str| folder.join(name);
        for name in ["ws/.git", "ws/k8s", "outside", "mounted/ws"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for (to, link) in [
            ("../outside", "ws/out"),
            ("k8s", "ws/inner"),
            (".git", "ws/dotgit"),
            ("/proc/self/environ", "ws/environ"),
            ("ws", "mine"),
        ] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
        }
        for (path, inside, why) in [
            ("ws", true, "the tree itself"),
            ("ws/k8s", true, "a folder"),
            ("ws/inner", true, "a link within"),
            ("ws/out", false, "a link out"),
            ("ws/out/../k8s", false, "through it and back"),
            ("ws/dotgit", false, "git's own folder"),
            ("ws/environ", false, "the environment"),
            ("mine/k8s", true, "a link above the tree is the user's own"),
            ("mine/out", false, "but not one within it"),
            ("mounted/ws", true, "no repository"),
        ] {
            let found = confined(&at(path), &[]);
            assert_eq!(found.is_ok(), inside, "{path}: {why}: {found:?}");
        }
    }

    #[test]
    fn files_of_the_kernel_are_refused() {
        let root = Root::open("/proc/self".into()).unwrap();
        #[cfg(target_os = "linux")]
        for name in ["environ", "cmdline", "net/dev"] {
            assert!(root.file(Path::new(name)).is_err(), "{name}");
        }
        for name in ["..", "../x", "/etc/passwd", ""] {
            assert!(root.file(Path::new(name)).is_err(), "{name:?}");
        }
    }
}
