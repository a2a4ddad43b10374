// A finding: a line that opens into all there is to know about it.

const section = (title, ...children) => element("section", {}, element("h4", {}, title), ...children);

/** A paragraph, or a command with a button to copy it. */
const part = ({ paragraph, command }) => {
  if (paragraph !== undefined) return element("p", {}, paragraph);
  const text = command.join("\n");
  const code = element("code", {}, text);
  return element("div", { class: "command" },
    element("pre", { tabindex: "0" }, code), copyButton("the command", text, code));
};

const copyable = (what, text) => {
  const code = element("span", { class: "code" }, text);
  return [code, " ", copyButton(what, text, code)];
};

/** Where it is, since when, and how to refer to it. */
const identity = (finding) => {
  const link = element("a", { href: `#finding-${finding.fingerprint}` }, "Link to this finding");
  const entries = [
    ["Resource", ...copyable("the resource", finding.resource)],
    ["Kind", finding.kind],
    ["Name", finding.name],
    ["Account", finding.account],
  ];
  if (finding.region) entries.push(["Region", finding.region]);
  for (const arn of identities(finding)) {
    const address = new URLSearchParams({ identity: arn, group: "identity" });
    entries.push(["Identity", element("a", { href: `#${address}` }, `All about ${nameIn(arn)}`)]);
  }
  entries.push(["Fingerprint", ...copyable("the fingerprint", finding.fingerprint), " ", link]);
  return terms(entries);
};

/** What the catalogue says about a rule: risk, settings, controls, references. */
const about = (rule) => {
  const entry = document.querySelector(`[data-about="${rule}"]`);
  return entry ? [...entry.cloneNode(true).childNodes] : ["The rule was not judged in this run."];
};

/** What is particular to a finding. */
const particulars = (finding) => {
  const { evidence = [], missing = [], remediation = [], notes = [], sources } = finding;
  const parts = [];
  const said = [...notes];
  if (missing.length > 0) said.push(`Not judged because evidence is missing: ${missing.join(", ")}`);
  const paragraphs = said.map((text) => element("p", {}, text));
  if (said.length > 0) parts.push(element("div", { class: "note" }, ...paragraphs));
  const paths = waysOf(finding).map((way) => path(finding, way));
  if (paths.length > 0) parts.push(section("Step by step", ...paths));
  if (remediation.length > 0) {
    parts.push(section("What to do", ...remediation.map(part)));
  }
  parts.push(section("Where", identity(finding)));
  if (evidence.length > 0) {
    parts.push(section("Evidence", evidenceTable(evidence),
      element("p", { class: "quiet" }, sources ?? "")));
  }
  return parts;
};

const body = (finding) => element("div", { class: "body" },
  ...particulars(finding), section("Why it matters", ...about(finding.rule)));

/** The line of a finding, in a list that is grouped by that. */
const row = (finding, by) => {
  const { fingerprint, severity, status, message, resource, rule } = finding;
  const where = by === "rule" ? resource : `${data.rules[rule].id} · ${resource}`;
  const line = element("summary", {},
    element("span", { class: `severity ${severity}` }, severity),
    element("span", { class: "what" }, message, element("span", { class: "where" }, where)),
    element("span", { class: `status ${status}` }, statusWords.get(status)));
  const details = element("details", { class: "finding", "data-fingerprint": fingerprint }, line);
  // What is not looked at is not built.
  details.addEventListener("toggle", () => details.append(body(finding)), { once: true });
  return details;
};
