"""Build the example: a Git repository with a history, and an MLflow store that its scripts filled.

    python build.py FOLDER

makes FOLDER/repository and FOLDER/mlflow.db with FOLDER/mlruns. The scripts really train: commits are
the same each time, run ids and the times of runs are new.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent / "project"

ADA = ("Ada Lovelace", "ada@example.org", "ada")
GRACE = ("Grace Hopper", "grace@example.org", "grace")
GRACE_AT_HOME = ("grace", "Grace@Home.example.org", "grace")
BOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", "bot")


class Builder:
    """Makes commits and runs, in the names of several people."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.store = f"sqlite:///{folder / 'mlflow.db'}"
        self.folder = folder
        self._clock = 1_700_000_000

    def git(self, *arguments: str, who: tuple[str, str, str] = ADA) -> None:
        self._clock += 3600
        name, email, _ = who
        date = f"{self._clock} +0100"
        environment = {
            **os.environ,
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": date,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *arguments],
            cwd=self.repository,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def write(self, name: str, content: str) -> None:
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def take(self, name: str, at: str | None = None) -> None:
        self.write(at or name, (PROJECT / name).read_text(encoding="utf-8"))

    def commit(self, message: str, who: tuple[str, str, str] = ADA) -> None:
        self.git("add", "--all", who=who)
        self.git("commit", "--quiet", "--message", message, who=who)

    def run(self, who: tuple[str, str, str], *command: str) -> list[str]:
        """Run a script of the repository, as one of the people; returns the words of its last line."""
        environment = {
            **os.environ,
            "GIT_PYTHON_REFRESH": "quiet",
            "LOGNAME": who[2],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "ignore",
        }
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        return done.stdout.splitlines()[-1].split()


def main(folder: Path) -> None:
    make = Builder(folder.resolve())
    start_afresh(make)
    create_store(make)
    make.git("init", "--quiet")
    make.take("README.md")
    make.take("data.py")
    make.write(".mailmap", "Grace Hopper <grace@example.org> <grace@home.example.org>\n")
    make.commit("Load the wine data")
    make.take("train.py")
    make.write("requirements.txt", "scikit-learn\nmlflow\n")
    make.commit("Train a logistic regression\n\nCo-authored-by: Grace Hopper <grace@example.org>")
    weak = make.run(ADA, "train.py", "0.01")[0]
    strong = make.run(GRACE, "train.py", "1.0")[0]

    make.git("switch", "--quiet", "--create", "kernel", who=GRACE)
    make.take("search.py", "tune.py")
    make.commit("Search for the width of a kernel", GRACE_AT_HOME)
    make.git("mv", "tune.py", "search.py", who=GRACE)
    make.commit("Call it what it is", GRACE)
    _, best = make.run(GRACE, "search.py")
    make.git("switch", "--quiet", "main")
    make.write("requirements.txt", "scikit-learn>=1.5\nmlflow>=3\n")
    make.commit("Bump scikit-learn\n\nSigned-off-by: dependabot[bot] <support@github.com>", BOT)
    make.write("notes.txt", "Remember to register the model.\n")
    make.commit("Notes")
    make.git("merge", "--quiet", "--no-ff", "--message", "Merge the kernel search", "kernel")
    make.git("rm", "--quiet", "notes.txt", who=GRACE)
    make.commit("The notes are done with", GRACE)
    mistake = make.run(ADA, "train.py", "1000")[0]
    register(make.store, weak, strong, best, mistake)


def start_afresh(make: Builder) -> None:
    """Take away what was built before, and the settings of whoever builds, which must not show."""
    for made in ("repository", "mlruns"):
        shutil.rmtree(make.folder / made, ignore_errors=True)
    (make.folder / "mlflow.db").unlink(missing_ok=True)
    make.repository.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith(("GIT_", "MLFLOW_"))]:
        del os.environ[name]
    os.environ["MLFLOW_TRACKING_URI"] = make.store
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


def create_store(make: Builder) -> None:
    import mlflow

    # The artifacts of the experiment that every new store has go below the current folder.
    os.chdir(make.folder)
    client = mlflow.MlflowClient(make.store)
    location = (make.folder / "mlruns" / "wine").as_uri()
    client.create_experiment("wine", location, tags={"mlflow.user": "ada"})
    gone = client.create_experiment("first steps", (make.folder / "mlruns" / "first").as_uri())
    client.create_run(gone, tags={"mlflow.user": "ada"}, run_name="hello")
    client.delete_experiment(gone)


def register(store: str, weak: str, strong: str, best: str, mistake: str) -> None:
    """Fill the registry: two models, aliases, a version that is deleted again; and delete a run."""
    import mlflow

    client = mlflow.MlflowClient(store, store)
    client.create_registered_model("wine", {"mlflow.user": "grace"}, "Tells three growers apart.")
    client.create_registered_model("wine-kernel", description="The same, by a kernel machine.")
    for model, run, user in (
        ("wine", weak, "ada"),
        ("wine", strong, "grace"),
        ("wine", mistake, "ada"),
        ("wine-kernel", best, "grace"),
    ):
        outputs = client.get_run(run).outputs.model_outputs
        source = f"models:/{outputs[0].model_id}"
        client.create_model_version(
            model, source, run, tags={"mlflow.user": user}, model_id=outputs[0].model_id
        )
    client.set_registered_model_alias("wine", "champion", "2")
    client.set_registered_model_alias("wine-kernel", "challenger", "1")
    client.set_model_version_tag("wine", "2", "approved", "yes")
    client.delete_model_version("wine", "3")
    client.delete_run(mistake)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
