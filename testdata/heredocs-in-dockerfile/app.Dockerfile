FROM example/base:1
RUN <<ONE <<-'TWO' cat
FROM example/not-an-image:1
ONE
	FROM example/not-an-image:2
	TWO
COPY <<"Dockerfile" /inner/
FROM example/not-an-image:3
Dockerfile
COPY --from=example/tools:1 /bin/x /bin/x
