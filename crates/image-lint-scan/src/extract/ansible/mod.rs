//! Ansible: tasks that run or pull containers, and the variables that they take images from
//! (docs.ansible.com/ansible/latest/collections/containers/podman, …/community/docker, …/kubernetes/core).
//!
//! A host's container engine pulls what podman's and docker's modules name, as it does for Compose and quadlets; objects in
//! `k8s` tasks are the cluster's.

mod jinja;
mod modules;
mod tasks;
mod turns;
mod variables;

pub(super) use tasks::Tasks;
pub(super) use variables::VariableFile;
