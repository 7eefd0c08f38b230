//! Texts of files that look like what people keep in repositories, the same in every run.

use std::fmt::Write as _;

/// One Deployment for each image.
pub fn deployments(images: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for (number, image) in images.into_iter().enumerate() {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  labels: {{app: app-{number}}}\nspec:\n  \
             replicas: 2\n  selector:\n    matchLabels: {{app: app-{number}}}\n  template:\n    metadata:\n      \
             labels: {{app: app-{number}}}\n    spec:\n      containers:\n        - name: main\n          image: {image}\n          \
             ports:\n            - containerPort: 8080\n          resources:\n            limits: {{cpu: 500m, memory: 256Mi}}\n"
        );
    }
    text
}

/// A manifest without an image.
pub fn config_map(keys: usize) -> String {
    let data: String = (0..keys)
        .map(|i| format!("  key-{i}: value of the key\n"))
        .collect();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n{data}")
}
