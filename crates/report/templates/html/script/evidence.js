// Evidence: the facts that a rule read, as tables.

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A number; long fractions are rounded up, as in messages, and shown whole when pointed at. */
const number = (value) => {
  const short = Math.ceil(value * 100) / 100;
  if (Number.isInteger(value) || short === value) return String(value);
  return element("span", { title: String(value) }, short.toFixed(2));
};

/** Values one below the other. */
const list = (values) => {
  if (values.length === 0) return element("span", { class: "quiet" }, "none");
  const items = values.map((value) => element("li", {}, fact(value)));
  return element("ul", values.every(isRecord) ? { class: "records" } : {}, ...items);
};

/** What a fact says, as a node or text. */
const fact = (value) => {
  if (value === null || value === undefined) return element("span", { class: "quiet" }, "no value");
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return list(value);
  if (!isRecord(value)) return String(value);
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === "missing" && Array.isArray(value.missing)) {
    return element("span", { class: "status unknown" }, `not known: needs ${value.missing.join(", ")}`);
  }
  return terms(names.map((name) => [name.replaceAll("_", " "), fact(value[name])]));
};

/** The table of a finding's evidence. */
const evidenceTable = (evidence) => element("table", { class: "evidence" },
  element("thead", {}, element("tr", {},
    element("th", { scope: "col" }, "Fact"), element("th", { scope: "col" }, "Value"))),
  element("tbody", {}, ...evidence.map(([name, value]) => element("tr", {},
    element("th", { scope: "row" }, name), element("td", {}, fact(value))))));
