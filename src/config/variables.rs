//! The variables of the environment that this program reads, in one list for manual pages and the documentation.

/// A variable, or several that belong together, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub names: &'static str,
    pub purpose: &'static str,
}

const fn variable(names: &'static str, purpose: &'static str) -> Variable {
    Variable { names, purpose }
}

/// In the order in which the documentation has them: our own first.
pub const VARIABLES: &[Variable] = &[
    variable("IMAGE_LINT_TARGET", "as --target"),
    variable("IMAGE_LINT_BUILD_BASE_TARGET", "as --build-base-target"),
    variable("IMAGE_LINT_PLATFORM", "as --platform"),
    variable("IMAGE_LINT_FAIL_ON", "as --fail-on"),
    variable("IMAGE_LINT_ON_UNCHECKED", "as --on-unchecked"),
    variable(
        "IMAGE_LINT_CONFIG",
        "your own configuration file, in place of ~/.config/image-lint/config.yaml",
    ),
    variable(
        "IMAGE_LINT_SKIP",
        "set to 1: the pre-push hook checks nothing, and says so",
    ),
    variable(
        "XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_RUNTIME_DIR, HOME",
        "where your configuration, the cache of answers and credentials are",
    ),
    variable(
        "NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM, COLUMNS",
        "colour and width of the human report",
    ),
    variable(
        "LC_ALL, LC_CTYPE, LANG",
        "characters beyond ASCII where the locale has UTF-8",
    ),
    variable(
        "NO_GRAPHICS",
        "set to 1: sentences in place of drawings, each on one line, for screen readers",
    ),
    variable(
        "DOCKER_AUTH_CONFIG, DOCKER_CONFIG, REGISTRY_AUTH_FILE, CONTAINERS_REGISTRIES_CONF, KUBECONFIG",
        "where credentials and aliases are, as for docker, podman, GitLab's runner and oc",
    ),
    variable(
        "HTTPS_PROXY, https_proxy, http_proxy, NO_PROXY, no_proxy",
        "proxies; the names in capitals go first",
    ),
    variable(
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "certificate authorities in place of the system's",
    ),
    variable(
        "CI, GITHUB_ACTIONS, GITLAB_CI",
        "a CI system: its report format, colours, and no credentials for pull requests from forks",
    ),
];
