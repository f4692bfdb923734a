"""Train a classifier: python train.py [C]."""

import sys

import mlflow
from data import load
from sklearn.linear_model import LogisticRegression


def main(strength: float) -> None:
    x_train, x_test, y_train, y_test = load()
    mlflow.set_experiment("wine")
    with mlflow.start_run(run_name=f"logistic C={strength}") as run:
        mlflow.log_param("C", strength)
        mlflow.log_input(mlflow.data.from_pandas(x_train, name="wine"), context="training")
        mlflow.log_input(mlflow.data.from_pandas(x_test, name="wine"), context="evaluation")
        model = LogisticRegression(C=strength, max_iter=5000).fit(x_train, y_train)
        mlflow.log_metric("accuracy", model.score(x_test, y_test))
        mlflow.sklearn.log_model(model, name="model", input_example=x_train[:1])
        print(run.info.run_id)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
