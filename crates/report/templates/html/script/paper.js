// Paper: what is shown on the screen, made when it is printed: some findings of each rule, or all with their
// evidence if the reader wants that.

/** So many findings of each rule are printed. */
const PRINTED_OF_RULE = 10;
/** So many are printed if all are wanted, which takes some three hundred pages. */
const PRINTED = 500;

/** A finding in full, or what it says and what to do. */
const onPaper = (finding, inFull) => {
  const { severity, message, status, resource, notes = [], missing = [], remediation = [] } = finding;
  const heading = element("h4", {}, element("span", { class: `severity ${severity}` }, severity),
    ` ${message} `, element("span", { class: `status ${status}` }, statusWords.get(status)));
  if (inFull) return element("article", {}, heading, ...particulars(finding));
  const lacks = missing.length > 0 ? [`Not judged because evidence is missing: ${missing.join(", ")}`] : [];
  return element("article", {}, heading, element("p", { class: "code" }, resource),
    ...[...notes, ...lacks].map((text) => element("p", {}, text)), ...remediation.map(part));
};

const ruleOnPaper = (rule, findings, inFull) => {
  const printed = inFull ? findings : findings.slice(0, PRINTED_OF_RULE);
  const rest = findings.length - printed.length;
  const note = `${rest} more of this rule ${rest === 1 ? "is" : "are"} not printed here.`;
  return element("section", { class: "group" }, groupTitle("rule", rule, findings), ...about(rule),
    ...printed.map((finding) => onPaper(finding, inFull)), rest > 0 ? element("p", {}, note) : "");
};

const printFindings = () => {
  const inFull = byId("in-full").checked;
  const groups = grouped(inFull ? shown.slice(0, PRINTED) : shown, "rule");
  const sections = groups.map(([rule, findings]) => ruleOnPaper(rule, findings, inFull));
  const rest = inFull ? shown.length - PRINTED : 0;
  const note = `${rest} more findings are not printed here: filter the list on the screen, or download it.`;
  byId("paper").classList.toggle("brief", !inFull);
  byId("paper").replaceChildren(...sections, rest > 0 ? element("p", {}, note) : "");
};

const followPrinter = () => {
  addEventListener("beforeprint", printFindings);
  addEventListener("afterprint", () => byId("paper").replaceChildren());
};
