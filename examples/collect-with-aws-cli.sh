#!/usr/bin/env bash
# Collects what Portcullis audits, with bash and the AWS CLI alone, into a directory:
#
#     collect-with-aws-cli.sh DIR && portcullis audit DIR
#
# It only reads, except that it asks AWS to make a credential report. Region and credentials are the
# AWS CLI's: set AWS_PROFILE or AWS_REGION as usual. A call that fails leaves no file, and the audit
# then says what it could not judge.
set -euo pipefail

if [[ $# -ne 1 ]]; then
    echo "usage: ${0##*/} DIR" >&2
    exit 2
fi
directory=$1
export AWS_PAGER="" # version 2 of the AWS CLI would wait for a key
umask 077
mkdir -p "$directory"
scratch=$(mktemp -d "$directory/.collecting-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

note() {
    echo "${0##*/}: $*" >&2
}

# The AWS CLI's answer to a command, if the whole of it arrives; its complaint is left in $scratch.
ask() {
    aws "$@" --output json >"$scratch/answer" 2>"$scratch/error"
}

complain() {
    note "$1: not collected: $(tr -s '\n' ' ' <"$scratch/error")"
}

keep() {
    mv "$scratch/answer" "$directory/$1.json"
}

# save NAME COMMAND…: keeps the answer of one command.
save() {
    local name=$1
    shift
    rm -f "$directory/$name.json"
    if ask "$@"; then keep "$name"; else complain "$name"; fi
}

# No policy of its own means AWS's default; being denied to see it means nothing is known.
save_password_policy() {
    local name=account-password-policy
    rm -f "$directory/$name.json"
    if ask iam get-account-password-policy; then
        keep "$name"
    elif grep -q '(NoSuchEntity)' "$scratch/error"; then
        echo '{"PasswordPolicy": null}' >"$directory/$name.json"
    else
        complain "$name"
    fi
}

# AWS makes the report in the background: asks once, then looks again after longer and longer waits.
save_credential_report() {
    local name=credential-report pause
    rm -f "$directory/$name.json"
    if ! ask iam generate-credential-report; then
        note "no new credential report: $(tr -s '\n' ' ' <"$scratch/error")"
    fi
    for pause in 0 1 2 4 8 15 15 15 15 15 15 15; do
        sleep "$pause"
        if ask iam get-credential-report; then
            keep "$name"
            return
        fi
        grep -Eq '\((ReportInProgress|ReportNotPresent|ReportExpired|Throttling|ServiceFailure)\)' \
            "$scratch/error" || break
    done
    complain "$name"
}

# users COLUMN…: the names of the users with `true` in one of these columns of the report.
users() {
    sed -n 's/.*"Content": "\([^"]*\)".*/\1/p' "$directory/credential-report.json" |
        base64 --decode |
        awk -F , -v wanted="$*" '
            { sub(/\r$/, "") }
            NR == 1 {
                columns = NF
                split(wanted, names, " ")
                for (i = 1; i <= NF; i++) for (n in names) if ($i == names[n]) checked[i]
                next
            }
            $0 ~ /:user\// {
                # Commas in the name shift the fields after it; the name ends where the ARN begins.
                name = substr($0, 1, match($0, /,"?arn:/) - 1)
                gsub(/"/, "", name)
                for (i in checked) if (tolower($(i + NF - columns)) == "true") { print name; next }
            }'
}

# save_per_user NAME COMMAND LIST COLUMN…: the answers for each of these users, one after the other.
# After each comes an empty LIST with the user asked, so that "has none" differs from "not asked".
save_per_user() {
    local name=$1 command=$2 list=$3 user answered=
    shift 3
    rm -f "$directory/$name.json"
    if [[ ! -e $directory/credential-report.json ]] || ! users "$@" >"$scratch/users"; then
        note "$name: not collected: whom to ask is in the credential report"
        return
    fi
    printf '{"%s": [], "Users": []}\n' "$list" >"$scratch/all"
    while IFS= read -r user; do
        if ask iam "$command" --user-name "$user" </dev/null; then
            answered=yes
            cat "$scratch/answer" >>"$scratch/all"
            printf '{"%s": [], "Users": ["%s"]}\n' "$list" "$user" >>"$scratch/all"
        else
            complain "$name of $user"
        fi
    done <"$scratch/users"
    if [[ -n $answered || ! -s $scratch/users ]]; then
        mv "$scratch/all" "$directory/$name.json"
    fi
}

save caller-identity sts get-caller-identity
save account-aliases iam list-account-aliases
save_credential_report
save account-summary iam get-account-summary
save_password_policy
save virtual-mfa-devices iam list-virtual-mfa-devices --assignment-status Any
save account-authorization-details iam get-account-authorization-details
save_per_user access-keys list-access-keys AccessKeyMetadata access_key_1_active access_key_2_active
save_per_user mfa-devices list-mfa-devices MFADevices mfa_active
