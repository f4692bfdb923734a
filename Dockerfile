# MLflow2PROV with Git and Graphviz:
#
#     docker build --tag mlflow2prov .
#     docker run --rm --volume "$PWD:/project" mlflow2prov extract --repository-path . save --output graph.json
FROM python:3.12-slim

# A mounted repository belongs to another user, and Git refuses those by default.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git graphviz \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*'

COPY pyproject.toml README.md LICENSE /source/
COPY mlflow2prov /source/mlflow2prov
RUN pip install --no-cache-dir '/source[postgresql,mysql,neo4j,mongodb]' && rm -rf /source

RUN useradd --create-home mlflow2prov
USER mlflow2prov
WORKDIR /project
ENTRYPOINT ["mlflow2prov"]
CMD ["--help"]
