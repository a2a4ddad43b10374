// The list: findings in groups, of which only the first are drawn until more are asked for.

/** So many findings are drawn at once, over all groups. */
const CHUNK = 200;
/** A group shows at least so many. */
const LEAST = 10;

/** The key of a finding's group, and the group's title. */
const grouping = {
  rule: (finding) => finding.rule,
  severity: (finding) => finding.severity,
  none: () => "",
};

const groupTitle = (by, key, findings) => {
  const count = element("span", { class: "quiet" }, String(findings.length));
  const { severity } = findings[0];
  const tag = element("span", { class: `severity ${severity}` }, severity);
  if (by === "severity") return element("h3", {}, tag, " ", count);
  const { id, title } = data.rules[key];
  return element("h3", {}, tag, ` ${title} `, element("span", { class: "code" }, id), " ", count);
};

/** Draws findings into a container, and a button for the rest. */
const draw = (container, findings, by, from, to) => {
  container.append(...findings.slice(from, to).map((finding) => row(finding, by)));
  const rest = findings.length - to;
  if (rest <= 0) return;
  const next = Math.min(rest, CHUNK);
  const more = element("button", { type: "button", class: "more" }, `Show ${next} more of ${rest}`);
  more.addEventListener("click", () => {
    more.remove();
    draw(container, findings, by, to, to + CHUNK);
    container.children[to].querySelector("summary").focus();
  });
  container.append(more);
};

const group = (by, key, findings, first) => {
  const rows = element("div", { class: "rows" });
  draw(rows, findings, by, 0, first);
  if (by === "none") return rows;
  const heading = element("summary", {}, groupTitle(by, key, findings));
  return element("details", { class: "group", open: "" }, heading, rows);
};

/** Draws the findings that pass the filters. */
const show = () => {
  const findings = filtered();
  const by = byId("grouping").value;
  const groups = Map.groupBy(findings, grouping[by]);
  const first = Math.max(LEAST, Math.floor(CHUNK / Math.max(groups.size, 1)));
  byId("list").replaceChildren(...[...groups].map(([key, some]) => group(by, key, some, first)));
  const all = data.findings.length;
  const shown = findings.length === all ? String(all) : `${findings.length} of ${all}`;
  byId("count").textContent = `${shown} ${all === 1 ? "finding" : "findings"}`;
};
