# MLflow2PROV with Git and Graphviz:
#
#     docker build --tag mlflow2prov .
#     docker run --rm --user "$(id -u)" --volume "$PWD:/project" \
#         mlflow2prov extract --repository-path . save --output graph.json
FROM python:3.12-slim

# A mounted repository belongs to another user, and Git refuses those by default. Debian keeps no old versions of its
# packages, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git graphviz \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*'

COPY pyproject.toml README.md LICENSE /source/
COPY mlflow2prov /source/mlflow2prov
RUN pip install --no-cache-dir '/source[postgresql,mysql,neo4j,mongodb]' && rm -rf /source

# Kubernetes verifies that a user is not root (runAsNonRoot) only by its number.
RUN useradd --create-home --uid 10001 mlflow2prov
USER 10001
WORKDIR /project
ENTRYPOINT ["mlflow2prov"]
CMD ["--help"]
