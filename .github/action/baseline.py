"""The action's baseline: the report that the default branch's runs last saved as an artifact.

Prints `default-branch` and, if there is a baseline, `report` (its path) to the step's outputs.
https://docs.github.com/en/rest/actions/artifacts#list-artifacts-for-a-repository
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def gh(*arguments: str) -> str:
    """What the GitHub CLI prints; what it complains about goes to the log."""
    return subprocess.run(["gh", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def trusted(artifact: dict[str, Any], branch: str) -> bool:
    """Whether a run of that branch saved it; a fork may have a branch of that name too."""
    run = artifact["workflow_run"] or {}
    return (
        not artifact["expired"]
        and run.get("head_branch") == branch
        and run.get("head_repository_id") == run.get("repository_id")
    )


def fetch(repository: str, name: str, branch: str) -> Path | None:
    """The newest report saved by that branch."""
    query = ["--method", "GET", "--raw-field", f"name={name}", "--raw-field", "per_page=100"]
    answer = json.loads(gh("api", f"repos/{repository}/actions/artifacts", *query))
    candidates = [artifact for artifact in answer["artifacts"] if trusted(artifact, branch)]
    if not candidates:
        return None
    newest = max(candidates, key=lambda artifact: artifact["created_at"])
    run = str(newest["workflow_run"]["id"])
    directory = tempfile.mkdtemp(prefix="portcullis-baseline-", dir=os.environ["RUNNER_TEMP"])
    gh("run", "download", run, "--repo", repository, "--name", name, "--dir", directory)
    print(f"The baseline is the report that run {run} saved on {newest['created_at']}.")
    return Path(directory, "report.json")


def main() -> None:
    """Fetches it, or says that there is none."""
    if os.environ.get("PORTCULLIS_BASELINE"):
        sys.exit("::error title=Portcullis::Give `baseline` or `baseline-artifact`, not both.")
    repository, name = os.environ["GITHUB_REPOSITORY"], os.environ["PORTCULLIS_ARTIFACT"]
    try:
        branch = json.loads(gh("api", f"repos/{repository}"))["default_branch"]
        report = fetch(repository, name, branch)
    except subprocess.CalledProcessError:
        sys.exit("::error title=Portcullis::No baseline: does the job have `actions: read`?")
    outputs = [f"default-branch={branch}"]
    if report:
        outputs.append(f"report={report}")
    else:
        print("::notice title=Portcullis::There is no baseline yet, so every finding counts.")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{output}\n" for output in outputs)


if __name__ == "__main__":
    main()
