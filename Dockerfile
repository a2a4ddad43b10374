# Portcullis in an image of its own: one static binary and the certificate authorities it trusts; no shell, no package, no root.
#
#   docker build --tag portcullis .
#   docker run --rm --volume "$PWD/bundle:/bundle:ro" portcullis audit /bundle
#   docker run --rm --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY --env AWS_SESSION_TOKEN portcullis audit
#
# Reports go to standard output; to write files, mount a directory that user 65532 may write, or run with --user.
FROM rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build
WORKDIR /source
COPY . .
# The image's own target is musl, for which Rust links statically.
RUN cargo build --locked --profile dist --bin portcullis

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /source/LICENSE-APACHE /source/LICENSE-MIT /
COPY --from=build /source/target/dist/portcullis /usr/local/bin/
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/portcullis"]
