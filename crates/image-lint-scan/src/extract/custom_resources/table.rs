//! Where custom resources of known projects name images. To teach the tool a new one, add a row.

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// A PodSpec.
    Pod,
    /// One container, or anything with `image`, `env` and `args`.
    Container,
    /// An image to run.
    Image,
    /// An image that is shown to people, and that nothing pulls.
    Shown,
    /// A repository whose tags are watched.
    Repository,
    /// Any artifact of a registry.
    Artifact,
    /// An artifact that no node pulls: read only with `extended`.
    Package,
    /// `url: oci://…` with a tag or digest in `ref`: read only with `extended`.
    OciRepository,
    /// An image to push.
    Push,
    /// `docker://ref` of a disk.
    DockerUrl,
    /// No image, whatever it looks like.
    Nothing,
}

/// Group (a leading `.` stands for every group that ends so), kind (`*` for all), path (`[]` for each item, `*` for each
/// key), what is there.
pub type Row = (&'static str, &'static str, &'static str, Reads);

use Reads::{
    Artifact, Container, DockerUrl, Image, Nothing, OciRepository, Package, Pod, Push, Repository,
    Shown,
};

/// Fields of which the project's API says what they are. Everything else of a custom resource is judged by its looks.
pub const TABLE: &[Row] = &[
    // argoproj/argo-rollouts
    ("argoproj.io", "Rollout", "spec.template.spec", Pod),
    // knative/serving pkg/apis/serving/v1
    ("serving.knative.dev", "Service", "spec.template.spec", Pod),
    (
        "serving.knative.dev",
        "Configuration",
        "spec.template.spec",
        Pod,
    ),
    ("serving.knative.dev", "Revision", "spec", Pod),
    // knative/caching
    ("caching.internal.knative.dev", "Image", "spec.image", Image),
    // openkruise/kruise
    ("apps.kruise.io", "*", "spec.template.spec", Pod),
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        "spec.template.jobTemplate.spec.template.spec",
        Pod,
    ),
    ("apps.kruise.io", "SidecarSet", "spec", Pod),
    // kubevirt.io/api
    ("kubevirt.io", "VirtualMachineInstance", "spec", Pod),
    ("kubevirt.io", "*", "spec.template.spec", Pod),
    (
        "kubevirt.io",
        "VirtualMachineInstance",
        "spec.domain.firmware.kernelBoot.container.image",
        Image,
    ),
    (
        "kubevirt.io",
        "*",
        "spec.template.spec.domain.firmware.kernelBoot.container.image",
        Image,
    ),
    (
        "kubevirt.io",
        "VirtualMachine",
        "spec.dataVolumeTemplates[].spec.source.registry.url",
        DockerUrl,
    ),
    (
        "cdi.kubevirt.io",
        "DataVolume",
        "spec.source.registry.url",
        DockerUrl,
    ),
    (
        "cdi.kubevirt.io",
        "DataImportCron",
        "spec.template.spec.source.registry.url",
        DockerUrl,
    ),
    // prometheus-operator pkg/apis/monitoring/v1
    ("monitoring.coreos.com", "*", "spec", Pod),
    ("monitoring.coreos.com", "*", "spec", Container),
    (
        "monitoring.coreos.com",
        "Prometheus",
        "spec.thanos",
        Container,
    ),
    // strimzi
    (
        ".strimzi.io",
        "KafkaConnect",
        "spec.build.output.image",
        Push,
    ),
    (".strimzi.io", "*", "spec.*", Container),
    // cloudnative-pg
    ("postgresql.cnpg.io", "*", "spec.imageName", Image),
    ("postgresql.cnpg.io", "*", "spec.images[].image", Image),
    // elastic/cloud-on-k8s
    (".k8s.elastic.co", "*", "spec.image", Image),
    // operator-framework/api
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
        "spec.relatedImages[].image",
        Image,
    ),
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
        "spec.install.spec.deployments[].spec.template.spec",
        Pod,
    ),
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
        "metadata.annotations.containerImage",
        Shown,
    ),
    ("operators.coreos.com", "CatalogSource", "spec.image", Image),
    // openshift/hive
    (
        "hive.openshift.io",
        "ClusterImageSet",
        "spec.releaseImage",
        Image,
    ),
    // kserve
    (
        "serving.kserve.io",
        "InferenceService",
        "spec.predictor",
        Pod,
    ),
    (
        "serving.kserve.io",
        "InferenceService",
        "spec.transformer",
        Pod,
    ),
    ("serving.kserve.io", "*", "spec", Pod),
    (
        "machinelearning.seldon.io",
        "SeldonDeployment",
        "spec.predictors[].componentSpecs[].spec",
        Pod,
    ),
    // kubeflow training and MPI operators
    ("kubeflow.org", "*", "spec.*.*.template.spec", Pod),
    // ray-project/kuberay
    ("ray.io", "*", "spec.headGroupSpec.template.spec", Pod),
    ("ray.io", "*", "spec.workerGroupSpecs[].template.spec", Pod),
    (
        "ray.io",
        "*",
        "spec.rayClusterSpec.headGroupSpec.template.spec",
        Pod,
    ),
    (
        "ray.io",
        "*",
        "spec.rayClusterSpec.workerGroupSpecs[].template.spec",
        Pod,
    ),
    // kubeflow/spark-operator
    ("sparkoperator.k8s.io", "*", "spec", Container),
    ("sparkoperator.k8s.io", "*", "spec.template", Container),
    ("sparkoperator.k8s.io", "*", "spec.driver", Container),
    ("sparkoperator.k8s.io", "*", "spec.executor", Container),
    // apache/flink-kubernetes-operator
    ("flink.apache.org", "*", "spec.image", Image),
    // skaffold.dev, skaffold.yaml: what it builds itself, and the builders of buildpacks
    ("skaffold", "*", "build.artifacts[].image", Push),
    (
        "skaffold",
        "*",
        "build.artifacts[].buildpacks.builder",
        Image,
    ),
    (
        "skaffold",
        "*",
        "build.artifacts[].buildpacks.runImage",
        Image,
    ),
    ("skaffold", "*", "profiles[].build.artifacts[].image", Push),
    (
        "skaffold",
        "*",
        "profiles[].build.artifacts[].buildpacks.builder",
        Image,
    ),
    (
        "skaffold",
        "*",
        "profiles[].build.artifacts[].buildpacks.runImage",
        Image,
    ),
    // argoproj-labs
    (
        "numaflow.numaproj.io",
        "*",
        "spec.vertices[].udf.container",
        Container,
    ),
    // fluxcd/image-reflector-controller api/v1, crossplane/crossplane apis/pkg/v1
    (
        "image.toolkit.fluxcd.io",
        "ImageRepository",
        "spec.image",
        Repository,
    ),
    ("pkg.crossplane.io", "*", "spec.image", Artifact),
    ("pkg.crossplane.io", "*", "spec.package", Package),
    // fluxcd/source-controller api/v1
    (
        "source.toolkit.fluxcd.io",
        "OCIRepository",
        "spec",
        OciRepository,
    ),
    // Machine images, repositories to watch, artifacts: no container image is pulled from these.
    (".cluster.x-k8s.io", "*", "", Nothing),
    ("machine.openshift.io", "*", "", Nothing),
    ("machineconfiguration.openshift.io", "*", "", Nothing),
    ("metal3.io", "*", "", Nothing),
    (".cnrm.cloud.google.com", "*", "", Nothing),
    (".crossplane.io", "*", "", Nothing),
    ("karpenter.k8s.aws", "*", "", Nothing),
    ("karpenter.sh", "*", "", Nothing),
    ("image.toolkit.fluxcd.io", "*", "", Nothing),
    ("source.toolkit.fluxcd.io", "*", "", Nothing),
    ("projectcalico.org", "*", "", Nothing),
    ("console.openshift.io", "*", "", Nothing),
    ("packages.operators.coreos.com", "*", "", Nothing),
];

/// The rows of a kind.
pub fn rows<'k>(group: &'k str, kind: &'k str) -> impl Iterator<Item = &'static Row> + 'k {
    TABLE.iter().filter(move |(row_group, row_kind, ..)| {
        let group_fits = match row_group.starts_with('.') {
            true => group.ends_with(row_group) || group == &row_group[1..],
            false => group == *row_group,
        };
        group_fits && (*row_kind == "*" || *row_kind == kind)
    })
}
