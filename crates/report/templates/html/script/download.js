// What is shown, as a file to take along. It is made here, and never leaves the machine.

/** The columns, called as in Portcullis's own CSV. */
const columns = {
  severity: ({ severity }) => severity,
  status: ({ status }) => status,
  account: ({ account }) => account,
  rule: ({ rule }) => data.rules[rule].id,
  title: ({ rule }) => data.rules[rule].title,
  resource_kind: ({ kind }) => kind,
  resource_name: ({ name }) => name,
  region: ({ region }) => region ?? "",
  message: ({ message }) => message,
  remediation: ({ remediation = [] }) => remediation
    .map(({ paragraph, command }) => paragraph ?? command.join("\n"))
    .join("\n"),
  resource_id: ({ resource }) => resource,
  fingerprint: ({ fingerprint }) => fingerprint,
};

const record = (finding) =>
  Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, cell(finding)]));

/** A cell by RFC 4180; what a spreadsheet would take for a formula becomes text. */
const cell = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll("\"", "\"\"")}"` : safe;
};

const csv = (findings) =>
  [Object.keys(columns), ...findings.map((finding) => Object.values(record(finding)))]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`)
    .join("");

const json = (findings) => JSON.stringify(findings.map((finding) => {
  return { ...record(finding), evidence: Object.fromEntries(finding.evidence ?? []) };
}), null, 2);

const save = (name, type, text) => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
};

const offerDownloads = () => {
  byId("csv").addEventListener("click", () => save("findings.csv", "text/csv", csv(shown)));
  byId("json").addEventListener("click", () => save("findings.json", "application/json", json(shown)));
};
