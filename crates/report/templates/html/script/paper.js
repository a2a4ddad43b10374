// Paper: what is shown on the screen, with all evidence; made when it is printed.

/** So many findings are printed, which takes some three hundred pages. */
const PRINTED = 500;

const onPaper = (finding) => element("article", {},
  element("h4", {}, element("span", { class: `severity ${finding.severity}` }, finding.severity),
    ` ${finding.message} `,
    element("span", { class: `status ${finding.status}` }, statusWords.get(finding.status))),
  ...particulars(finding));

const printFindings = () => {
  const groups = grouped(shown.slice(0, PRINTED), "rule");
  const sections = groups.map(([rule, findings]) => element("section", { class: "group" },
    groupTitle("rule", rule, findings), ...about(rule), ...findings.map(onPaper)));
  const rest = shown.length - PRINTED;
  const note = `${rest} more findings are not printed here: filter the list on the screen, or download it.`;
  byId("paper").replaceChildren(...sections, rest > 0 ? element("p", {}, note) : "");
};

const followPrinter = () => {
  addEventListener("beforeprint", printFindings);
  addEventListener("afterprint", () => byId("paper").replaceChildren());
};
