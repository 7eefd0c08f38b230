{% if minimal %}FROM example/minimal:1{% endif %}
FROM {{ spec.base }} AS build
FROM #IMAGE_NAME#
FROM registry.example.com/@PROJECT@/app:1
FROM
FROM example/last:1
