"""Search for the width of a kernel: a parent run, and a nested run for each trial."""

import mlflow
from data import columns, load
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import mlflow2prov.capture as p


@p.provenance(use_cache=False, proxies=False)
def search(train, test, widths) -> list[str]:
    """Log a run with a nested one for each width, and return the ids of the run and of the best trial."""
    (x_train, y_train), (x_test, y_test) = columns(train), columns(test)
    with mlflow.start_run(run_name="search") as parent:
        mlflow.log_input(mlflow.data.from_pandas(x_train, name="wine"), context="training")
        best, best_run = 0.0, ""
        for gamma in widths:
            with mlflow.start_run(run_name=f"gamma {gamma}", nested=True) as trial:
                mlflow.log_param("gamma", gamma)
                machine = make_pipeline(StandardScaler(), SVC(gamma=gamma))
                for step, rows in enumerate((40, 80, len(x_train))):
                    machine.fit(x_train[:rows], y_train[:rows])
                    accuracy = machine.score(x_test, y_test)
                    mlflow.log_metric("accuracy", accuracy, step=step)
                if accuracy > best:
                    best, best_run = accuracy, trial.info.run_id
                    mlflow.sklearn.log_model(machine, name="machine")
        mlflow.log_metric("best_accuracy", best)
        mlflow.set_tag("best_run", best_run)
        return [parent.info.run_id, best_run]


if __name__ == "__main__":
    mlflow.set_experiment("wine")
    print(*search(**load(), widths=[0.001, 0.01, 0.1]))
