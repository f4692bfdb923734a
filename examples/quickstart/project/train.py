"""Train a classifier: python train.py [C]."""

import sys

import mlflow
from data import columns, load
from sklearn.linear_model import LogisticRegression

import mlflow2prov.capture as p


@p.provenance(use_cache=False, proxies=False)
def train(train, test, strength: float) -> str:
    """Train, log a run, and return its id. Each call is a run of its own, so results are not looked up."""
    (x_train, y_train), (x_test, y_test) = columns(train), columns(test)
    with mlflow.start_run(run_name=f"logistic C={strength}") as run:
        mlflow.log_param("C", strength)
        mlflow.log_input(mlflow.data.from_pandas(x_train, name="wine"), context="training")
        mlflow.log_input(mlflow.data.from_pandas(x_test, name="wine"), context="evaluation")
        model = LogisticRegression(C=strength, max_iter=5000).fit(x_train, y_train)
        mlflow.log_metric("accuracy", model.score(x_test, y_test))
        mlflow.sklearn.log_model(model, name="model", input_example=x_train[:1])
        return run.info.run_id


if __name__ == "__main__":
    mlflow.set_experiment("wine")
    print(train(**load(), strength=float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
