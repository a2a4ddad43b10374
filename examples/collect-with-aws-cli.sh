#!/usr/bin/env bash
# Collects what Portcullis audits into a directory, using only bash and the AWS CLI:
#
#     collect-with-aws-cli.sh DIR
#     portcullis audit DIR
#
# It only reads, except that it asks AWS to make a credential report. Region and credentials are the
# AWS CLI's: set AWS_PROFILE or AWS_REGION as usual. A call that fails leaves no file, and the audit
# then says what it could not judge. As with `portcullis collect`, the exit status is 2 if nothing
# could be collected because there are no credentials, and 3 if something is missing.
set -euo pipefail

usage="usage: ${0##*/} DIR"
case $#:${1-} in
    1:-h | 1:--help)
        echo "$usage"
        echo "Collects what Portcullis audits into the directory DIR, using only the AWS CLI."
        exit 0
        ;;
    1:-* | 1:) echo "$usage" >&2; exit 2 ;;
    1:*) directory=$1 ;;
    *) echo "$usage" >&2; exit 2 ;;
esac
missing=
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
    missing=yes
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

# save_or_none NAME ERROR NONE COMMAND…: keeps the answer, or NONE where the error says "there is none".
save_or_none() {
    local name=$1 error=$2 none=$3
    shift 3
    rm -f "$directory/$name.json"
    if ask "$@"; then
        keep "$name"
    elif grep -q "($error)" "$scratch/error"; then
        echo "$none" >"$directory/$name.json"
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
        missing=yes
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

# save_providers NAME LIST ANSWERS OPTION LIST-COMMAND GET-COMMAND: a list, and the answer about each
# of its items with the ARN that was asked for put before it.
save_providers() {
    local name=$1 list=$2 answers=$3 option=$4 arn
    rm -f "$directory/$name.json"
    if ! ask iam "$5"; then
        complain "$name"
        return
    fi
    cp "$scratch/answer" "$scratch/all"
    sed -n 's/.*"Arn": "\([^"]*\)".*/\1/p' "$scratch/answer" >"$scratch/arns"
    while IFS= read -r arn; do
        if ask iam "$6" "$option" "$arn" </dev/null; then
            {
                printf '{"%s": [{"Arn": "%s",' "$answers" "$arn"
                tail -c +2 "$scratch/answer"
                echo ']}'
            } >>"$scratch/all"
        else
            complain "$name, $arn"
        fi
    done <"$scratch/arns"
    mv "$scratch/all" "$directory/$name.json"
}

# The regions to ask: that of the AWS CLI, and those where a key or a role was last used.
regions() {
    local report=$directory/credential-report.json
    {
        echo "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}"
        sed -n 's/.*"Content": "\([^"]*\)".*/\1/p' "$report" | base64 --decode | tr ',' '\n' || true
        sed -n 's/.*"Region": "\([^"]*\)".*/\1/p' "$directory/account-authorization-details.json" || true
    } 2>/dev/null | tr -d '\r"' | grep -Ex '[a-z]+(-[a-z]+)+-[0-9]+' | sort -u || true
}

# After each region's analyzers comes an empty list with the region, so that "has none" differs from
# "not asked".
save_analyzers() {
    local name=access-analyzers region
    rm -f "$directory/$name.json" "$scratch/all"
    regions >"$scratch/regions"
    if [[ ! -s $scratch/regions ]]; then
        missing=yes
        note "$name: not collected: no region is set"
    fi
    while IFS= read -r region; do
        if ask accessanalyzer list-analyzers --region "$region" </dev/null; then
            cat "$scratch/answer" >>"$scratch/all"
            printf '{"analyzers": [], "Regions": ["%s"]}\n' "$region" >>"$scratch/all"
        else
            complain "$name of $region"
        fi
    done <"$scratch/regions"
    if [[ -s $scratch/all ]]; then mv "$scratch/all" "$directory/$name.json"; fi
}

# A contact that is not set is null; one that could not be asked for is left out.
save_contacts() {
    local name=alternate-contacts kind
    rm -f "$directory/$name.json" "$scratch/all"
    for kind in BILLING OPERATIONS SECURITY; do
        if ask account get-alternate-contact --alternate-contact-type "$kind"; then
            cat "$scratch/answer" >>"$scratch/all"
        elif grep -q '(ResourceNotFoundException)' "$scratch/error"; then
            printf '{"AlternateContacts": {"%s": null}}\n' "$kind" >>"$scratch/all"
        else
            complain "$name, $kind"
        fi
    done
    if [[ -s $scratch/all ]]; then mv "$scratch/all" "$directory/$name.json"; fi
}

# Only the management account and the delegated administrator of IAM may ask: null elsewhere. Where IAM
# has no access to the organization, or there is none, no feature is on.
save_features() {
    local name=organizations-features
    local member=AccountNotManagementOrDelegatedAdministratorException
    local off='ServiceAccessNotEnabled|OrganizationNotFound|OrganizationNotInAllFeaturesMode'
    rm -f "$directory/$name.json"
    if ask iam list-organizations-features; then
        keep "$name"
    elif grep -q "($member)" "$scratch/error"; then
        echo '{"EnabledFeatures": null}' >"$directory/$name.json"
    elif grep -Eq "\(($off)Exception\)" "$scratch/error"; then
        echo '{"EnabledFeatures": []}' >"$directory/$name.json"
    else
        complain "$name"
    fi
}

# Every identity may ask who it is: where that fails, so does all else. Only a network may deny it.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
save caller-identity sts get-caller-identity
if [[ -n $missing ]] && ! grep -q '(AccessDenied' "$scratch/error"; then
    note "nothing was collected"
    rm -rf "$scratch"
    rmdir "$directory" 2>/dev/null || true # unless there is something in it
    exit 2
fi
save account-aliases iam list-account-aliases
save_credential_report
save account-summary iam get-account-summary
# No policy of its own means AWS's default; being denied to see it means nothing is known.
save_or_none account-password-policy NoSuchEntity '{"PasswordPolicy": null}' \
    iam get-account-password-policy
save virtual-mfa-devices iam list-virtual-mfa-devices --assignment-status Any
save account-authorization-details iam get-account-authorization-details
save_per_user access-keys list-access-keys AccessKeyMetadata access_key_1_active access_key_2_active
save_per_user mfa-devices list-mfa-devices MFADevices mfa_active
save service-specific-credentials iam list-service-specific-credentials --all-users
save server-certificates iam list-server-certificates
save_providers saml-providers SAMLProviderList SAMLProviders --saml-provider-arn \
    list-saml-providers get-saml-provider
save_providers open-id-connect-providers OpenIDConnectProviderList OpenIDConnectProviders \
    --open-id-connect-provider-arn list-open-id-connect-providers get-open-id-connect-provider
save_analyzers
save_contacts
save_or_none organization AWSOrganizationsNotInUseException '{"Organization": null}' \
    organizations describe-organization
save_features
save delegation-requests iam list-delegation-requests
# Disabled means that the account issues no tokens.
save_or_none outbound-web-identity-federation-info FeatureDisabled '{"IssuerIdentifier": null}' \
    iam get-outbound-web-identity-federation-info
if [[ -n $missing ]]; then exit 3; fi
