// The list: findings in groups, of which only the first are drawn until more are asked for.

/** So many findings are drawn at once, over all groups. */
const CHUNK = 200;
/** So many groups are drawn at once. */
const GROUPS = 100;
/** A group shows at least so many. */
const LEAST = 10;

/** The keys of the groups that a finding is in. */
const groupings = {
  rule: ({ rule }) => [rule],
  severity: ({ severity }) => [severity],
  identity: (finding) => identities(finding),
  account: ({ account }) => [account],
  none: () => [""],
};

const groupTitle = (by, key, findings) => {
  const { severity } = findings[0];
  const title = element("h3", {}, element("span", { class: `severity ${severity}` }, severity), " ");
  const code = (text) => element("span", { class: "code" }, text);
  if (by === "rule") title.append(data.rules[key].title, " ", code(data.rules[key].id));
  if (by === "identity") {
    const own = findings.find(({ resource }) => resource === key);
    title.append(own ? called(own) : `${kindIn(key)} ${nameIn(key)}`);
  }
  if (by === "account") title.append(code(key));
  title.append(" ", element("span", { class: "quiet" }, String(findings.length)));
  return title;
};

/** Draws things into a container, and a button for the rest. */
const draw = (container, things, make, from, to, size) => {
  container.append(...things.slice(from, to).map(make));
  const rest = things.length - to;
  if (rest <= 0) return;
  const more = element("button", { type: "button", class: "more" },
    `Show ${Math.min(rest, size)} more of ${rest}`);
  more.addEventListener("click", () => {
    more.remove();
    draw(container, things, make, to, to + size, size);
    container.children[to].querySelector("summary").focus();
  });
  container.append(more);
};

const group = (by, key, findings, first) => {
  const rows = element("div", { class: "rows" });
  draw(rows, findings, (finding) => row(finding, by), 0, first, CHUNK);
  if (by === "none") return rows;
  const details = element("details", { class: "group", open: "" },
    element("summary", {}, groupTitle(by, key, findings)));
  if (by === "identity") details.append(identityHead(key, findings));
  details.append(rows);
  return details;
};

/** The findings in groups; the group of the most severe finding comes first. */
const grouped = (findings, by) => {
  const groups = new Map();
  for (const finding of findings) {
    for (const key of groupings[by](finding)) {
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(finding);
    }
  }
  return [...groups];
};

/** What is drawn now, for whoever prints it or takes it along. */
let shown = [];

/** Draws the findings that pass the filters. */
const show = () => {
  const { findings, counts } = filtered();
  shown = findings;
  const by = byId("grouping").value;
  const groups = grouped(findings, by);
  const first = Math.max(LEAST, Math.floor(CHUNK / Math.max(groups.length, 1)));
  byId("list").replaceChildren();
  draw(byId("list"), groups, ([key, some]) => group(by, key, some, first), 0, GROUPS, GROUPS);
  showControls(counts);
  const all = data.findings.filter(({ status }) => !isOpenOnly() || status === "open").length;
  const some = findings.length === all ? String(all) : `${findings.length} of ${all}`;
  const noun = `${isOpenOnly() ? "open " : ""}${all === 1 ? "finding" : "findings"}`;
  const whose = [...chosen.identity].map((arn) => ` about ${nameIn(arn)}`).join(" or");
  byId("count").textContent = `${some} ${noun}${whose}`;
};

/** Draws anew after a choice of the reader's. */
const update = () => {
  show();
  writeAddress();
};
