#!/usr/bin/env bash
# The action's audit: writes the reports, shows them in the log and the summary, and outputs where they are and how the audit ended.
# Its own exit status is 0, so that the reports are uploaded first; the action's last step ends with that of the audit.
set -euo pipefail

: "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${PORTCULLIS:?}" "${RUNNER_TEMP:?}"

# A directory of this run's own: a job may audit several accounts.
reports=$(mktemp -d "$RUNNER_TEMP/portcullis-report.XXXXXX")

arguments=(audit)
for format in github html json markdown sarif; do
    arguments+=(--output "$format=$reports/report.$format")
done
arguments+=(--output "table=$reports/report.txt" --output table)

# option NAME VALUE: adds an option if it has a value, which can be nothing but that.
option() {
    [[ -z $2 ]] || arguments+=("--$1=$2")
}
option baseline "${PORTCULLIS_BASELINE-}"
option config "${PORTCULLIS_CONFIG-}"
option fail-on "${PORTCULLIS_FAIL_ON-}"
option framework "${PORTCULLIS_FRAMEWORK-}"
option rule-set "${PORTCULLIS_RULE_SET-}"
while IFS= read -r line; do
    [[ -z $line ]] || arguments+=("$line")
done <<<"${PORTCULLIS_ARGS-}"
[[ -z ${PORTCULLIS_BUNDLE-} ]] || arguments+=(-- "$PORTCULLIS_BUNDLE")

# Whoever opens a pull request wrote its configuration too. Without the base's commit (a shallow clone) it is fetched; if that fails,
# the file counts as changed.
config=${PORTCULLIS_CONFIG:-portcullis.toml}
if [[ -n ${PORTCULLIS_BASE_SHA-} && -e $config ]] && git ls-files --error-unmatch -- "$config" >/dev/null 2>&1; then
    git cat-file -e "$PORTCULLIS_BASE_SHA" 2>/dev/null || git fetch --quiet --depth=1 origin "$PORTCULLIS_BASE_SHA" || true
    if ! git diff --quiet "$PORTCULLIS_BASE_SHA" -- "$config" 2>/dev/null; then
        echo "::warning title=Portcullis::This pull request changes the audit's configuration; use the one from the base branch (see \`config\` in action.yml)."
    fi
fi

# Names in the account are others' words: the runner takes no commands from what is printed until it sees the token again.
# One stream, for two would be read in any order.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
status=0
"$PORTCULLIS" "${arguments[@]}" 2>&1 || status=$?
echo "::$token::"

echo "status=$status" >>"$GITHUB_OUTPUT"
case $status in
    0 | 1 | 3) ;;
    *) echo "::error title=Portcullis::The audit failed with exit status $status; the log says why." && exit 0 ;;
esac
cat "$reports/report.github"
[[ ${PORTCULLIS_SUMMARY-} != true ]] || cat "$reports/report.markdown" >>"$GITHUB_STEP_SUMMARY"
rm "$reports/report.github" "$reports/report.markdown"
# An upload closes the alerts that it does not hold. So the report calls an audit that could not list everything unsuccessful, and
# GitHub would refuse it.
if [[ ${PORTCULLIS_SARIF-} == true ]]; then
    if grep -q '"executionSuccessful": false' "$reports/report.sarif"; then
        echo "::warning title=Portcullis::This audit could not list everything, so the results are not uploaded: the code scanning alerts stay as they are."
    else
        echo "upload=true" >>"$GITHUB_OUTPUT"
    fi
fi
{
    echo "directory=$reports"
    echo "report=$reports/report.json"
    echo "sarif=$reports/report.sarif"
} >>"$GITHUB_OUTPUT"
