"""Build the demo project: a Git repository with a history, and the MLflow store that its scripts fill.

    python build.py FOLDER

Creates FOLDER/repository, FOLDER/mlflow.db and FOLDER/mlruns. The scripts really train models. The commits are
the same in every build; the ids and the times of the runs are new.
"""

import os
import subprocess
import sys
from pathlib import Path

from restore import remove

PROJECT = Path(__file__).parent / "project"
MEASUREMENT, WITHOUT_POINT = "14.23", "1423"
"""The first measurement of the data set, and how it was entered at first."""

ADA = ("Ada Lovelace", "ada@example.org", "ada")
GRACE = ("Grace Hopper", "grace@example.org", "grace")
GRACE_AT_HOME = ("grace", "Grace@Home.example.org", "grace")
BOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", "bot")


class Builder:
    """Creates commits and runs in the names of several people."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.store = f"sqlite:///{folder / 'mlflow.db'}"
        self.folder = folder
        self._clock = 1_700_000_000

    def git(self, *arguments: str, person: tuple[str, str, str] = ADA) -> None:
        """Run git as a person, one hour after the previous command."""
        self._clock += 3600
        name, email, _ = person
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
        """Write a file into the repository."""
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def copy(self, name: str, target: str | None = None) -> None:
        """Copy a file of the project into the repository, under the same name unless ``target`` is another."""
        self.write(target or name, (PROJECT / name).read_text(encoding="utf-8"))

    def commit(self, message: str, person: tuple[str, str, str] = ADA) -> None:
        """Commit all files as a person."""
        self.git("add", "--all", person=person)
        self.git("commit", "--quiet", "--message", message, person=person)

    def run(self, person: tuple[str, str, str], *command: str) -> list[str]:
        """Run a script of the repository as a person; return the words of the last line it prints."""
        environment = {
            **os.environ,
            "GIT_PYTHON_REFRESH": "quiet",
            "LOGNAME": person[2],
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
    """Build the project in ``folder``."""
    builder = Builder(folder.resolve())
    start_afresh(builder)
    create_store(builder)
    builder.git("init", "--quiet")
    write_data(builder)
    builder.copy("README.md")
    builder.copy("data.py")
    builder.write(".gitignore", "wine.csv*\n")
    builder.write(".mailmap", "Grace Hopper <grace@example.org> <grace@home.example.org>\n")
    builder.commit("Load the wine data")
    builder.copy("train.py")
    builder.write("requirements.txt", "scikit-learn\nmlflow\n")
    builder.commit(
        "Train a logistic regression\n\nCo-authored-by: Grace Hopper <grace@example.org>"
    )
    weak = builder.run(ADA, "train.py", "0.01")[0]
    strong = builder.run(GRACE, "train.py", "1.0")[0]

    builder.git("switch", "--quiet", "--create", "kernel", person=GRACE)
    builder.copy("search.py", "tune.py")
    builder.commit("Search for the width of a kernel", GRACE_AT_HOME)
    builder.git("mv", "tune.py", "search.py", person=GRACE)
    builder.commit("Call it what it is", GRACE)
    correct_data(builder)
    _, best = builder.run(GRACE, "search.py")
    builder.git("switch", "--quiet", "main")
    builder.write("requirements.txt", "scikit-learn>=1.5\nmlflow>=3\n")
    builder.commit("Bump scikit-learn\n\nSigned-off-by: dependabot[bot] <support@github.com>", BOT)
    builder.write("notes.txt", "Remember to register the model.\n")
    builder.commit("Notes")
    builder.git("merge", "--quiet", "--no-ff", "--message", "Merge the kernel search", "kernel")
    builder.git("rm", "--quiet", "notes.txt", person=GRACE)
    builder.commit("The notes are done with", GRACE)
    mistake = builder.run(ADA, "train.py", "1000")[0]
    register(builder.store, weak, strong, best, mistake)


def start_afresh(builder: Builder) -> None:
    """Remove an earlier build, and environment variables that would affect this one."""
    remove(builder.folder)
    builder.repository.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith(("GIT_", "MLFLOW_"))]:
        del os.environ[name]
    os.environ["MLFLOW_TRACKING_URI"] = builder.store
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


def write_data(builder: Builder) -> None:
    """Write the data set, which Git ignores, with an error: a decimal point is missing."""
    from sklearn.datasets import load_wine

    content = load_wine(as_frame=True).frame.to_csv(index=False)
    builder.write("wine.csv", content.replace(MEASUREMENT, WITHOUT_POINT, 1))


def correct_data(builder: Builder) -> None:
    """Correct the data set, as ``sed --in-place=.orig`` does, which leaves the old file beside it."""
    path = builder.repository / "wine.csv"
    content = path.read_text(encoding="utf-8")
    path.rename(path.with_name("wine.csv.orig"))
    builder.write("wine.csv", content.replace(WITHOUT_POINT, MEASUREMENT, 1))


def create_store(builder: Builder) -> None:
    """Create the MLflow store with two experiments, one of them deleted."""
    import mlflow

    # MLflow puts the artifacts of the default experiment below the current folder.
    os.chdir(builder.folder)
    client = mlflow.MlflowClient(builder.store)
    location = (builder.folder / "mlruns" / "wine").as_uri()
    client.create_experiment("wine", location, tags={"mlflow.user": "ada"})
    discarded = client.create_experiment(
        "first steps", (builder.folder / "mlruns" / "first").as_uri()
    )
    client.create_run(discarded, tags={"mlflow.user": "ada"}, run_name="hello")
    client.delete_experiment(discarded)


def register(store: str, weak: str, strong: str, best: str, mistake: str) -> None:
    """Register two models with aliases, delete one version, and delete one run."""
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
