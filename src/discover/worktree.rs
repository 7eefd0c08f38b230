//! Walks folders of the file system. What git ignores is left out, links are not followed, and every file comes once.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::discover::content::io_words;
use crate::discover::folder::walk_folder;
use crate::discover::globs::{GlobError, Globs};
use crate::discover::root::{self, LeadsOut, Root};
use crate::discover::tracked::Tracked;
use image_lint_text::source::RepoPath;

/// Which files are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    pub gitignore: bool,
    include: Option<Globs>,
    exclude: Globs,
    /// What configuration files say, which is about paths below their folders.
    configured: Vec<Configured>,
    /// The folder whose walk this is for, absolute; empty where paths are whole by themselves.
    root: PathBuf,
    /// Nothing that git tracks is left out for a rule of the tree, and links are met.
    strict: Option<Arc<Strict>>,
}

/// What git tracks below each named folder, whose path is absolute and without links. None: git does not say, so that
/// everything counts.
#[derive(Debug)]
pub struct Strict(Vec<(PathBuf, Option<Tracked>)>);

impl Strict {
    /// Asks git for the folders among the named paths. Files that are named are read anyway.
    pub fn of(roots: &[PathBuf]) -> Self {
        let real = roots.iter().filter_map(|root| fs::canonicalize(root).ok());
        let folders = real.filter(|root| root.is_dir());
        Strict(
            folders
                .map(|root| {
                    let tracked = Tracked::of(&root);
                    (root, tracked)
                })
                .collect(),
        )
    }

    /// None: everything counts.
    fn tracked(&self, root: &Path) -> Option<&Tracked> {
        let found = self.0.iter().find(|(folder, _)| folder == root);
        found.and_then(|(_, tracked)| tracked.as_ref())
    }
}

/// Globs of a configuration file.
#[derive(Clone, Debug)]
struct Configured {
    folder: PathBuf,
    include: Option<Globs>,
    exclude: Globs,
}

/// A glob that nothing matched: it leaves nothing out, or takes nothing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// `include` or `exclude`.
    pub key: &'static str,
    pub glob: String,
    /// The folder of the configuration that has it; None for a flag's.
    pub folder: Option<PathBuf>,
}

impl Selection {
    /// A pattern without `/` matches names at any depth, as in a `.gitignore`.
    ///
    /// # Errors
    /// A pattern that is no glob, or more patterns than the limit (1,000 of 1,000 bytes).
    pub fn new(gitignore: bool, include: &[String], exclude: &[String]) -> Result<Self, GlobError> {
        Ok(Selection {
            gitignore,
            include: Globs::some(include)?,
            exclude: Globs::new(exclude)?,
            configured: Vec::new(),
            root: PathBuf::new(),
            strict: None,
        })
    }

    /// Nothing that git tracks below these paths is left out for a rule of the tree.
    pub fn insist(&mut self, roots: &[PathBuf]) {
        self.strict = Some(Arc::new(Strict::of(roots)));
    }

    /// Whether nothing that git tracks is left out, and links are met.
    pub fn is_strict(&self) -> bool {
        self.strict.is_some()
    }

    /// Whether a path of the walk, relative to its root, is read though git ignores it or a package manager made it.
    pub(super) fn insists_on(&self, path: &Path) -> bool {
        self.strict.as_ref().is_some_and(|strict| {
            strict
                .tracked(&self.root)
                .is_none_or(|tracked| tracked.holds(&self.root.join(path)))
        })
    }

    /// Files that git tracks below a named folder and that flags do not leave out, by their paths from there.
    pub fn tracked_below(&self, root: &Path) -> Vec<RepoPath> {
        let Ok(root) = fs::canonicalize(root) else {
            return Vec::new();
        };
        let selection = self.of_root(&root);
        let tracked = self
            .strict
            .as_ref()
            .and_then(|strict| strict.tracked(&root));
        let below = tracked.into_iter().flat_map(|tracked| tracked.below(&root));
        below
            .filter(|path| selection.wants(&path.to_path()))
            .collect()
    }

    /// Takes in what a configuration file says of the files below `folder`, which is absolute and without symlinks.
    ///
    /// # Errors
    /// As [`Selection::new`].
    pub fn configure(
        &mut self,
        folder: &Path,
        include: &[String],
        exclude: &[String],
    ) -> Result<(), GlobError> {
        if !include.is_empty() || !exclude.is_empty() {
            self.configured.push(Configured {
                folder: folder.to_owned(),
                include: Globs::some(include)?,
                exclude: Globs::new(exclude)?,
            });
        }
        Ok(())
    }

    /// The globs that no path of the walks so far matched. Only an excluded path that is met counts: what git ignores is
    /// left out before.
    pub fn unmatched(&self) -> Vec<Unmatched> {
        let flags = (None, self.include.as_ref(), &self.exclude);
        let configured =
            (self.configured.iter()).map(|c| (Some(&c.folder), c.include.as_ref(), &c.exclude));
        std::iter::once(flags)
            .chain(configured)
            .flat_map(|(folder, include, exclude)| {
                let includes = include.into_iter().flat_map(Globs::unmatched);
                let both = includes
                    .map(|glob| ("include", glob))
                    .chain(exclude.unmatched().map(|glob| ("exclude", glob)));
                both.map(move |(key, glob)| Unmatched {
                    key,
                    glob: glob.to_owned(),
                    folder: folder.cloned(),
                })
            })
            .collect()
    }

    /// For the walk of a root, whose path is absolute and without symlinks.
    fn of_root(&self, root: &Path) -> Self {
        Selection {
            root: root.to_owned(),
            ..self.clone()
        }
    }

    /// What configuration files say of a path, each with the path from its folder.
    fn configured(&self, path: &Path) -> Vec<(&Configured, PathBuf)> {
        if self.configured.is_empty() {
            return Vec::new();
        }
        let whole = self.root.join(path);
        let below = |c: &Configured| whole.strip_prefix(&c.folder).ok().map(Path::to_owned);
        self.configured
            .iter()
            .filter_map(|c| Some((c, below(c)?)))
            .collect()
    }

    /// Whether a glob leaves it out.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.exclude.is_match(path)
            || (self.configured(path).iter()).any(|(c, below)| c.exclude.is_match(below))
    }

    /// Whether a file with this path, relative to its root, is to be read.
    pub fn wants(&self, path: &Path) -> bool {
        let configured = self.configured(path);
        let configured = configured
            .iter()
            .filter_map(|(c, below)| Some((c.include.as_ref()?, below.as_path())));
        let own = self.include.as_ref().map(|set| (set, path));
        let mut lists = own.into_iter().chain(configured).peekable();
        let all = lists.peek().is_none();
        (all || lists.any(|(set, path)| set.is_match(path)))
            && !self.excludes(path)
            && (self.is_strict() || !is_vendored(path))
    }
}

/// Copies of other projects' sources that a package manager made: `node_modules`, `vendor/HOST/…` of Go (and of
/// jsonnet-bundler), `vendor/bundle` of Ruby. What they name, nobody here deploys. Other folders called `vendor` hold
/// manifests that are (carvel.dev, vendir). Named as a root, such a folder is read all the same.
pub(super) fn is_vendored(path: &Path) -> bool {
    let mut parts = path.components().map(|part| part.as_os_str()).peekable();
    while let Some(part) = parts.next() {
        if part == "node_modules" {
            return true;
        }
        let mut below = || parts.peek().map(|next| next.to_string_lossy());
        if part == "vendor" && below().is_some_and(|next| next == "bundle" || is_host(&next)) {
            return true;
        }
    }
    false
}

/// `github.com`, `k8s.io`: what the first part of a Go import path looks like, and a file's name hardly.
fn is_host(name: &str) -> bool {
    const HOSTS: [&str; 9] = ["com", "org", "io", "in", "net", "dev", "sh", "xyz", "cloud"];
    name.rsplit_once('.')
        .is_some_and(|(first, last)| !first.is_empty() && HOSTS.contains(&last))
}

/// A file that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The folder that the walk began at, and the file's path from there: it is opened so.
    pub(super) root: Arc<Root>,
    pub(super) below: PathBuf,
    /// Where to open it.
    pub on_disk: PathBuf,
    /// How the report names it.
    pub path: RepoPath,
    /// One of its execute bits is set: it may be a script without an extension.
    pub executable: bool,
    /// Named on the command line: read even when its name says nothing.
    pub explicit: bool,
}

impl Found {
    /// Opens the file, if no link took its place or that of a folder on its way since the walk.
    ///
    /// # Errors
    /// Of [`Root::file`].
    pub fn open(&self) -> io::Result<File> {
        self.root.file(&self.below)
    }
}

/// What the walk met, in a fixed order.
#[derive(Debug)]
pub enum Step {
    File(Found),
    /// A link, which is not followed. Only with [`Selection::insist`].
    Link {
        path: RepoPath,
        to: LinkTo,
    },
    /// A folder or file that could not be entered.
    Failed {
        path: RepoPath,
        why: String,
    },
}

/// Where a link that the walk met leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTo {
    /// To a file or folder that the walk meets by this path, unless something leaves it out.
    Within(RepoPath),
    /// Out of the folder that was named, or into git's own.
    Elsewhere,
    /// To what is not there.
    Nowhere,
}

/// Where links in the place of named paths may lead. Links that the walk meets are never followed.
#[derive(Clone, Debug, Default)]
pub enum Links {
    /// Anywhere: the user knows what they name.
    #[default]
    Followed,
    /// Within the tree only, whose folder may be one of these: whoever wrote the tree must not choose what is read.
    Confined { checkouts: Vec<PathBuf> },
}

impl Links {
    /// The real path of a named one.
    ///
    /// # Errors
    /// It leads out of the tree; of the operating system.
    pub fn real(&self, path: &Path) -> Result<PathBuf, LeadsOut> {
        match self {
            Links::Followed => Ok(fs::canonicalize(path)?),
            Links::Confined { checkouts } => root::confined(path, checkouts),
        }
    }
}

/// A path of the command line that cannot be walked.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct RootError {
    pub path: PathBuf,
    pub why: String,
}

/// The files below the given paths: sorted by name within each folder, each once however often it is reached.
///
/// Paths are named relative to where a relative argument was given from, and relative to an absolute argument itself,
/// so that reports name files as the user's other tools do.
///
/// # Errors
/// A path that does not exist or is neither file nor folder, before anything is walked.
pub fn walk(
    roots: &[PathBuf],
    selection: &Selection,
    links: &Links,
) -> Result<impl Iterator<Item = Step> + Send, RootError> {
    let mut walks = Vec::new();
    let mut seen_roots = HashSet::new();
    for root in roots {
        let fail = |why: String| RootError {
            path: root.clone(),
            why,
        };
        let meta = fs::metadata(root).map_err(|error| fail(io_words(&error)))?;
        if !meta.is_dir() && !meta.is_file() {
            return Err(fail("neither a file nor a folder".into()));
        }
        let canonical = links.real(root).map_err(|error| match error {
            LeadsOut::Io(error) => fail(io_words(&error)),
            error => fail(error.to_string()),
        })?;
        if seen_roots.insert(canonical.clone()) {
            let folder = match (meta.is_dir(), canonical.parent()) {
                (false, Some(parent)) => parent.to_owned(),
                _ => canonical.clone(),
            };
            let opened = Root::open(folder).map_err(|error| fail(io_words(&error)))?;
            walks.push((root.clone(), Arc::new(opened), canonical, meta));
        }
    }
    // A root inside another root is reached from there; walking it first would only change the order.
    let canonicals: Vec<PathBuf> = walks
        .iter()
        .filter(|(_, _, _, m)| m.is_dir())
        .map(|(_, _, c, _)| c.clone())
        .collect();
    let selection = selection.clone();
    let mut once = Once {
        canonicals,
        walked: HashSet::new(),
    };
    Ok(walks
        .into_iter()
        .flat_map(move |(root, opened, canonical, meta)| {
            let steps: Box<dyn Iterator<Item = Step> + Send> = if meta.is_file() {
                let path = if root.is_absolute() {
                    root.file_name().map(PathBuf::from)
                } else {
                    Some(root.clone())
                };
                let found = Found {
                    root: opened,
                    below: canonical.file_name().map(PathBuf::from).unwrap_or_default(),
                    path: RepoPath::new(&path.unwrap_or_else(|| root.clone())),
                    executable: is_executable(&meta),
                    on_disk: root,
                    explicit: true,
                };
                Box::new(std::iter::once(Step::File(found)).filter({
                    let mut walked = once.walked.clone();
                    move |_| walked.insert(canonical.clone())
                }))
            } else {
                let inner: Vec<PathBuf> = once
                    .canonicals
                    .iter()
                    .filter(|c| once.walked.contains(*c))
                    .cloned()
                    .collect();
                once.walked.insert(canonical.clone());
                let selection = selection.of_root(&canonical);
                Box::new(walk_folder(root, opened, selection, inner))
            };
            steps
        }))
}

/// Which roots were walked already.
struct Once {
    canonicals: Vec<PathBuf>,
    walked: HashSet<PathBuf>,
}

#[cfg(unix)]
pub(super) fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
pub(super) fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(roots: &[PathBuf], selection: &Selection) -> Vec<String> {
        walk(roots, selection, &Links::Followed)
            .unwrap()
            .map(|step| match step {
                Step::File(found) => found.path.to_text().into_owned(),
                Step::Failed { path, why } => format!("{}: {why}", path.to_text()),
                Step::Link { path, to } => format!("{} -> {to:?}", path.to_text()),
            })
            .collect()
    }

    fn all() -> Selection {
        Selection::new(true, &[], &[]).unwrap()
    }

    #[test]
    fn what_git_ignores_is_left_out_by_the_innermost_rule() {
        let folder = tree(&[
            (".git/config", ""),
            (".git/info/exclude", "local.yaml\n"),
            (".gitignore", "*.log\n/build/\nout\n"),
            ("a.yaml", ""),
            ("local.yaml", ""),
            ("x.log", ""),
            ("build/b.yaml", ""),
            ("sub/build/c.yaml", ""),
            ("sub/.gitignore", "!keep.log\nd.yaml\n"),
            ("sub/keep.log", ""),
            ("sub/d.yaml", ""),
            ("sub/out/e.yaml", ""),
            ("d.yaml", ""),
            (".gitlab-ci.yml", ""),
        ]);
        let root = vec![folder.path().to_path_buf()];
        let seen = names(&root, &all());
        assert_eq!(
            seen,
            [
                ".gitignore",
                ".gitlab-ci.yml",
                "a.yaml",
                "d.yaml",
                "sub/.gitignore",
                "sub/build/c.yaml",
                "sub/keep.log"
            ]
        );
        let everything = names(&root, &Selection::new(false, &[], &[]).unwrap());
        assert!(
            everything.contains(&"x.log".to_owned())
                && everything.contains(&"sub/out/e.yaml".to_owned())
        );
        assert!(everything.iter().all(|name| !name.starts_with(".git/")));
        let below = names(&[folder.path().join("sub")], &all());
        assert_eq!(
            below,
            [".gitignore", "build/c.yaml", "keep.log"],
            "rules of the folders above hold too"
        );
    }

    #[test]
    fn copies_of_other_projects_are_left_out_unless_they_are_named() {
        let folder = tree(&[
            ("a.yaml", ""),
            ("vendor/github.com/x/y/b.yaml", ""),
            ("vendor/charts/c.yaml", ""),
            ("web/node_modules/x/d.yaml", ""),
            ("vendor/modules.txt", ""),
        ]);
        assert_eq!(
            names(&[folder.path().to_path_buf()], &all()),
            ["a.yaml", "vendor/charts/c.yaml", "vendor/modules.txt"]
        );
        let inside = folder.path().join("vendor/github.com");
        assert_eq!(names(&[inside], &all()), ["x/y/b.yaml"]);
    }

    #[test]
    fn globs_choose_files_at_any_depth() {
        let folder = tree(&[
            ("a.yaml", ""),
            ("deep/b.yaml", ""),
            ("deep/c.txt", ""),
            ("vendor/x/d.yaml", ""),
        ]);
        let root = vec![folder.path().to_path_buf()];
        let select = |include: &[&str], exclude: &[&str]| {
            let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
            names(
                &root,
                &Selection::new(true, &own(include), &own(exclude)).unwrap(),
            )
        };
        assert_eq!(select(&["*.yaml"], &["vendor/"]), ["a.yaml", "deep/b.yaml"]);
        assert_eq!(select(&["deep/**"], &[]), ["deep/b.yaml", "deep/c.txt"]);
        assert_eq!(select(&["/a.yaml"], &[]), ["a.yaml"]);
        assert!(Selection::new(true, &["a[".into()], &[]).is_err());
    }

    #[test]
    fn a_file_comes_once_however_it_is_reached() {
        let folder = tree(&[("a/x.yaml", ""), ("y.yaml", "")]);
        let root = folder.path().to_path_buf();
        let seen = names(&[root.clone(), root.join("a"), root.clone()], &all());
        assert_eq!(seen, ["a/x.yaml", "y.yaml"]);
        let seen = names(&[root.join("a"), root.clone()], &all());
        assert_eq!(seen, ["x.yaml", "y.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_pipes_are_not_opened() {
        let folder = tree(&[("real.yaml", "x"), ("sub/z.yaml", "")]);
        std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("sub/loop")).unwrap();
        std::os::unix::fs::symlink("real.yaml", folder.path().join("twice.yaml")).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(folder.path().join("pipe.yaml"))
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(
            names(&[folder.path().to_path_buf()], &all()),
            ["real.yaml", "sub/z.yaml"]
        );
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error_before_anything_is_read() {
        let Err(error) = walk(
            &[PathBuf::from("/nowhere/at/all")],
            &all(),
            &Links::Followed,
        ) else {
            panic!("walked")
        };
        assert_eq!(error.to_string(), "/nowhere/at/all: no such file or folder");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_that_takes_the_place_of_what_was_found_is_not_followed() {
        let outside = tree(&[("a.yaml", "secret"), ("sub/b.yaml", "secret")]);
        let folder = tree(&[("a.yaml", ""), ("sub/b.yaml", ""), ("c.yaml", "own")]);
        let root = [folder.path().to_path_buf()];
        let steps: Vec<Step> = walk(&root, &all(), &Links::Followed).unwrap().collect();
        for name in ["a.yaml", "sub"] {
            let at = folder.path().join(name);
            fs::rename(&at, folder.path().join(format!("{name}.moved"))).unwrap();
            std::os::unix::fs::symlink(outside.path().join(name), &at).unwrap();
        }
        let opened: Vec<bool> = steps
            .iter()
            .map(|step| matches!(step, Step::File(found) if found.open().is_ok()))
            .collect();
        assert_eq!(opened, [false, true, false], "a.yaml, c.yaml, sub/b.yaml");
    }
}
